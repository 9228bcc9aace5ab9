import type { Migration } from '../platform/db/index.ts'

/** How the pages look for an account: a row for each choice, its value in JSON. */
export const preferences: Migration = {
  id: '0031-preferences',
  up: ({ text }) => [
    `create table account_preferences (
      account_id ${text} not null references accounts (id) on delete cascade,
      name ${text} not null,
      value ${text} not null,
      primary key (account_id, name)
    )`,
  ],
}
