import type { Migration } from '../platform/db/index.ts'

/** How often each API key was used on each day; days are counted in UTC since 1970. */
export const keyDays: Migration = {
  id: '0032-key-days',
  up: ({ text, integer }) => [
    `create table api_key_days (
      key_id ${text} not null references api_keys (id) on delete cascade,
      day ${integer} not null,
      requests ${integer} not null,
      primary key (key_id, day)
    )`,
    'create index api_key_days_by_day on api_key_days (day)',
  ],
}
