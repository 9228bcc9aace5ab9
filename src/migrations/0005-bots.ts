import type { Migration } from '../platform/db/index.ts'

/** Bots, their commands, and what each run of a command did. */
export const bots: Migration = {
  id: '0005-bots',
  up: ({ text, bytes, integer }) => [
    `create table bots (
      id ${text} primary key,
      account_id ${text} not null references accounts (id),
      name ${text} not null,
      username ${text} not null,
      telegram_id ${integer} not null,
      token_sealed ${bytes} not null,
      token_hash ${bytes} not null,
      simulated ${integer} not null,
      status ${text} not null,
      problem ${text},
      version ${text} not null,
      revision ${integer} not null,
      next_update_id ${integer},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      deleted_at ${integer}
    )`,
    'create index bots_by_account on bots (account_id, created_at)',
    // A token belongs to one bot that is not deleted.
    'create unique index bots_by_token on bots (token_hash) where deleted_at is null',
    `create table commands (
      id ${text} primary key,
      account_id ${text} not null,
      bot_id ${text} not null references bots (id),
      name ${text} not null,
      code ${text} not null,
      is_pinned ${integer} not null,
      admin_only ${integer} not null,
      folder ${text},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      deleted_at ${integer}
    )`,
    'create unique index commands_by_name on commands (bot_id, name) where deleted_at is null',
    `create table runs (
      id ${text} primary key,
      account_id ${text} not null,
      bot_id ${text} not null references bots (id),
      update_id ${integer} not null,
      command ${text} not null,
      outcome ${text} not null,
      error ${text},
      prints ${text} not null,
      calls ${text} not null,
      duration_ms ${integer} not null,
      python_ms ${integer} not null,
      started_at ${integer} not null
    )`,
    'create index runs_by_bot on runs (bot_id, id)',
    'create index runs_by_update on runs (bot_id, update_id)',
    // Confirmed to Telegram, and not handled yet.
    `create table pending_updates (
      bot_id ${text} not null references bots (id),
      update_id ${integer} not null,
      account_id ${text} not null,
      body ${text} not null,
      primary key (bot_id, update_id)
    )`,
    `create table simulator_state (
      id ${integer} primary key,
      sealed ${bytes} not null
    )`,
  ],
}
