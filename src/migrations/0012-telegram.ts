import type { Migration } from '../platform/db/index.ts'

/** Objects that are kept as messages in Telegram channels: where each is, what is being sent, and what may be sent when. */
export const telegram: Migration = {
  id: '0012-telegram',
  up: ({ text, bytes, integer }) => [
    // `stray`: found in a channel, and no row of ours says what it belongs to.
    `create table telegram_objects (
      id ${text} primary key,
      size_bytes ${integer} not null,
      sha256 ${bytes} not null,
      chat_id ${integer} not null,
      message_id ${integer} not null,
      bot_id ${integer} not null,
      file_unique_id ${text} not null,
      state ${text} not null check (state in ('stored', 'unreachable', 'stray')),
      about ${text},
      failed_at ${integer},
      created_at ${integer} not null
    )`,
    'create unique index telegram_objects_by_message on telegram_objects (chat_id, message_id)',
    // The same file has another id for each bot.
    `create table telegram_file_ids (
      object_id ${text} not null references telegram_objects (id) on delete cascade,
      bot_id ${integer} not null,
      file_id ${text} not null,
      primary key (object_id, bot_id)
    )`,
    // Written before a message is sent: whatever becomes of the sender, somebody can look whether it arrived.
    `create table telegram_attempts (
      id ${text} primary key,
      object_id ${text} not null,
      bot_id ${integer} not null,
      chat_id ${integer} not null,
      after_message_id ${integer} not null,
      created_at ${integer} not null
    )`,
    'create index telegram_attempts_by_lane on telegram_attempts (chat_id, bot_id)',
    // Messages that are no object, or none any more.
    `create table telegram_messages (
      chat_id ${integer} not null,
      message_id ${integer} not null,
      state ${text} not null check (state in ('due', 'abandoned', 'foreign')),
      sent_at ${integer} not null,
      primary key (chat_id, message_id)
    )`,
    `create index telegram_messages_due on telegram_messages (chat_id, sent_at) where state = 'due'`,
    // What Telegram has asked for outlives the process that was asked.
    `create table telegram_lanes (
      bot_id ${integer} not null,
      chat_id ${integer} not null,
      per_minute ${integer} not null,
      paused_until ${integer} not null,
      closed_for ${text},
      last_error ${text},
      last_error_at ${integer},
      primary key (bot_id, chat_id)
    )`,
    // Each is a complete index of the drive, in as many objects, `snapshot_<id>_<n>`, and one more that is pinned.
    `create table telegram_snapshots (
      id ${text} primary key,
      pieces ${integer} not null,
      size_bytes ${integer} not null,
      files ${integer} not null,
      made_at ${integer} not null
    )`,
  ],
}
