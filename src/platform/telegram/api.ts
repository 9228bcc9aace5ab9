/** Parameters of one Bot API call, as plain values: objects and arrays are sent as JSON. `undefined` is left out. */
export type BotApiParams = Readonly<Record<string, unknown>>

export interface BotApiCallOptions {
  /** Ends the call; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** The longest wait for the whole answer. A `getUpdates` call gets its own `timeout` parameter on top. */
  timeoutMs?: number | undefined
  /** Sent along as a multipart form; a parameter names one as `attach://` and its field. */
  files?: readonly BotApiFile[] | undefined
}

export interface BotApiFile {
  readonly field: string
  readonly fileName: string
  readonly bytes: Buffer
}

/** Whoever answers Bot API calls: Telegram over HTTP, or the emulator in this process. */
export interface BotApi {
  /**
   * @param method In any case, as Telegram takes it.
   * @returns The `result` member of the answer; whoever calls parses it.
   * @throws {TelegramError} for every refusal, unreadable answer, network failure and timeout.
   * @see https://core.telegram.org/bots/api#making-requests
   */
  call(token: string, method: string, params?: BotApiParams, options?: BotApiCallOptions): Promise<unknown>
  /**
   * @param filePath As `getFile` gave it.
   * @returns The bytes of a file.
   * @throws {Error} when they cannot be had, or are more than `maxBytes`; without the token
   */
  download?(token: string, filePath: string, options: BotApiDownload): Promise<Buffer>
}

export interface BotApiDownload {
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

export interface TelegramErrorDetails {
  method: string
  /** Telegram's `error_code`, or the HTTP status of an answer that was not JSON, or 0 when no answer came. */
  errorCode: number
  description: string
  retryAfterSeconds?: number | undefined
  migrateToChatId?: number | undefined
  /** Why no answer came: the system's error code, `TIMEOUT`, or `ANSWER_TOO_LARGE`. */
  networkCode?: string | undefined
}

/**
 * A Bot API call that did not give a result. It has no `cause` on purpose: what Node says of a failed request may hold
 * its path, and the path holds the token.
 */
export class TelegramError extends Error {
  readonly method: string
  readonly errorCode: number
  readonly description: string
  readonly retryAfterSeconds: number | undefined
  readonly migrateToChatId: number | undefined
  readonly networkCode: string | undefined

  constructor(details: TelegramErrorDetails) {
    super(`${details.method}: ${details.description}`)
    this.name = 'TelegramError'
    this.method = details.method
    this.errorCode = details.errorCode
    this.description = details.description
    this.retryAfterSeconds = details.retryAfterSeconds
    this.migrateToChatId = details.migrateToChatId
    this.networkCode = details.networkCode
  }
}

/**
 * Every kind of update. Telegram leaves some out unless they are asked for by name.
 *
 * @see https://core.telegram.org/bots/api#update
 */
export const UPDATE_TYPES = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'business_connection',
  'business_message',
  'edited_business_message',
  'deleted_business_messages',
  'message_reaction',
  'message_reaction_count',
  'inline_query',
  'chosen_inline_result',
  'callback_query',
  'shipping_query',
  'pre_checkout_query',
  'purchased_paid_media',
  'poll',
  'poll_answer',
  'my_chat_member',
  'chat_member',
  'chat_join_request',
  'chat_boost',
  'removed_chat_boost',
] as const
