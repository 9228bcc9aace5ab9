import type { Migration } from '../platform/db/index.ts'

/**
 * Runs that no update started, what started them, and what their owners should know. The table is made anew: SQLite
 * cannot let a column be empty afterwards.
 */
export const runRecords: Migration = {
  id: '0022-run-records',
  up: ({ text, integer }) => [
    `create table runs_anew (
      id ${text} primary key,
      account_id ${text} not null,
      bot_id ${text} not null references bots (id),
      update_id ${integer},
      command ${text} not null,
      started_by ${text} not null,
      outcome ${text} not null,
      error ${text},
      prints ${text} not null,
      calls ${text} not null,
      warnings ${text} not null,
      duration_ms ${integer} not null,
      python_ms ${integer} not null,
      started_at ${integer} not null
    )`,
    `insert into runs_anew
      select id, account_id, bot_id, update_id, command, 'update', outcome, error, prints, calls, '[]', duration_ms,
        python_ms, started_at
      from runs`,
    'drop table runs',
    'alter table runs_anew rename to runs',
    'create index runs_by_bot on runs (bot_id, id)',
    'create index runs_by_update on runs (bot_id, update_id)',
  ],
}
