/** What the tables of the Telegram backend hold. Moments are milliseconds. */
export interface TelegramObjectsTable {
  id: string
  size_bytes: number
  sha256: Buffer
  chat_id: number
  message_id: number
  /** Who sent it. */
  bot_id: number
  file_unique_id: string
  state: ObjectState
  /** Of a stray: what its manifest says of it, as JSON. */
  about: string | null
  /** Since when Telegram shows the message and does not give its file. */
  failed_at: number | null
  created_at: number
}

/** `unreachable`: no bot of ours is in its channel any more. `stray`: in a channel of ours, and unknown to the database. */
export type ObjectState = 'stored' | 'unreachable' | 'stray'

/**
 * `due`: to be deleted. `abandoned`: Telegram does not let us. `foreign`: not made by us, or by us and no object.
 */
export type MessageState = 'due' | 'abandoned' | 'foreign'

declare module '../../../platform/db/tables.ts' {
  interface Tables {
    telegram_objects: TelegramObjectsTable
    telegram_file_ids: { object_id: string; bot_id: number; file_id: string }
    telegram_attempts: {
      id: string
      object_id: string
      bot_id: number
      chat_id: number
      /** Its message, if there is one, has a larger number than this. */
      after_message_id: number
      created_at: number
    }
    telegram_messages: { chat_id: number; message_id: number; state: MessageState; sent_at: number }
    telegram_lanes: {
      bot_id: number
      chat_id: number
      per_minute: number
      paused_until: number
      closed_for: string | null
      /** Who holds its lease, see `holderOf`; null if it was given back. */
      holder: string | null
      last_error: string | null
      last_error_at: number | null
    }
    telegram_snapshots: {
      id: string
      /** How many objects it has besides the one that is pinned. */
      pieces: number
      size_bytes: number
      files: number
      made_at: number
    }
  }
}

export type TelegramObject = Readonly<TelegramObjectsTable>
