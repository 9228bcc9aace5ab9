import type { Migration } from '../platform/db/index.ts'

/** By what a database recognises the secrets that its contents were made with. */
export const secretChecks: Migration = {
  id: '0006-secret-checks',
  up: ({ text, bytes }) => [`create table secret_checks (name ${text} primary key, digest ${bytes} not null)`],
}
