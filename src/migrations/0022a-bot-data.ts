import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/**
 * What commands keep. A `scope` is a bot or an account; within a bot, `owner` is a Telegram user, or empty for the bot's
 * own values.
 */
export const botData: Migration = {
  id: '0022a-bot-data',
  up: ({ text, integer }: ColumnTypes) => [
    `create table bot_values (
      scope ${text} not null,
      owner ${text} not null,
      name ${text} not null,
      account_id ${text} not null references accounts (id) on delete cascade,
      bot_id ${text} references bots (id) on delete cascade,
      value ${text} not null,
      size_bytes ${integer} not null,
      updated_at ${integer} not null,
      primary key (scope, owner, name)
    )`,
    'create index bot_values_by_bot on bot_values (bot_id)',
    'create index bot_values_by_account on bot_values (account_id)',
    `create table bot_resources (
      scope ${text} not null,
      owner ${text} not null,
      name ${text} not null,
      account_id ${text} not null references accounts (id) on delete cascade,
      bot_id ${text} references bots (id) on delete cascade,
      amount double precision not null,
      updated_at ${integer} not null,
      primary key (scope, owner, name)
    )`,
    'create index bot_resources_by_amount on bot_resources (scope, name, amount desc)',
    'create index bot_resources_by_bot on bot_resources (bot_id)',
    'create index bot_resources_by_account on bot_resources (account_id)',
  ],
}
