import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/** Settings, secrets and folders of bots; aliases and earlier versions of commands. */
export const botSurface: Migration = {
  id: '0021-bot-surface',
  up: ({ text, integer, bytes }: ColumnTypes) => [
    `alter table bots add column settings ${text} not null default '{}'`,
    `alter table bots add column folder ${text}`,
    // 1: it was cloned, transferred or restored without a token. Its sealed token is empty, and its hash random.
    `alter table bots add column needs_token ${integer} not null default 0`,
    'create index bots_in_trash on bots (deleted_at) where deleted_at is not null',
    `alter table commands add column aliases ${text} not null default '[]'`,
    `alter table commands add column version ${integer} not null default 1`,
    'create index commands_in_trash on commands (deleted_at) where deleted_at is not null',
    'create index commands_by_bot on commands (bot_id, created_at)',
    `create table command_versions (
      command_id ${text} not null references commands (id) on delete cascade,
      number ${integer} not null,
      account_id ${text} not null,
      bot_id ${text} not null references bots (id),
      name ${text} not null,
      code ${text} not null,
      saved_at ${integer} not null,
      saved_by ${text} not null,
      primary key (command_id, number)
    )`,
    'create index command_versions_by_bot on command_versions (bot_id)',
    `insert into command_versions (command_id, number, account_id, bot_id, name, code, saved_at, saved_by)
      select id, 1, account_id, bot_id, name, code, updated_at, 'system' from commands`,
    `create table bot_snapshots (
      id ${text} primary key,
      account_id ${text} not null,
      bot_id ${text} not null references bots (id),
      name ${text} not null,
      command_count ${integer} not null,
      packed ${bytes} not null,
      created_at ${integer} not null,
      created_by ${text} not null
    )`,
    'create index bot_snapshots_by_bot on bot_snapshots (bot_id, id)',
    `create table bot_secrets (
      bot_id ${text} not null references bots (id),
      name ${text} not null,
      account_id ${text} not null,
      sealed ${bytes} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null,
      primary key (bot_id, name)
    )`,
  ],
}
