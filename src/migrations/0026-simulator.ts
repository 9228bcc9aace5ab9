import type { Migration } from '../platform/db/index.ts'

/**
 * The simulator by account instead of in one row for all, with the bytes of its files; calls to the process that has
 * an account's simulator in memory; and conversations kept as tests. What the one row holds is moved by the program,
 * which alone can open it.
 */
export const simulator: Migration = {
  id: '0026-simulator',
  up: ({ text, integer, bytes }) => [
    `create table simulator_worlds (
      account_id ${text} primary key,
      fence ${integer} not null,
      sealed ${bytes} not null,
      saved_at ${integer} not null
    )`,
    `create table simulator_files (
      account_id ${text} not null,
      file_key ${integer} not null,
      bytes ${bytes} not null,
      primary key (account_id, file_key)
    )`,
    `create table simulator_calls (
      id ${text} primary key,
      account_id ${text} not null,
      sealed ${bytes} not null,
      claimed ${integer} not null,
      answer_sealed ${bytes},
      expires_at ${integer} not null
    )`,
    'create index simulator_calls_open on simulator_calls (id) where claimed = 0',
    `create table bot_tests (
      id ${text} primary key,
      bot_id ${text} not null references bots (id) on delete cascade,
      account_id ${text} not null,
      name ${text} not null,
      body ${text} not null,
      last_passed ${integer},
      last_run_at ${integer},
      created_at ${integer} not null,
      updated_at ${integer} not null
    )`,
    'create index bot_tests_by_bot on bot_tests (bot_id, id)',
  ],
}
