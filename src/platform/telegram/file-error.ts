import { TelegramError, type TelegramErrorDetails } from './api.ts'
import type { ExchangeFailure } from './exchange.ts'
import { describeNetworkCode } from './wire.ts'

/**
 * What kind of trouble it is, by what to do about it.
 *
 * - `flood`: wait `retryAfterSeconds`, then again.
 * - `token`: the token is revoked, unknown or logged out; nothing works with it.
 * - `forbidden`: the bot may not do this in the chat, or is not in it.
 * - `chat`: there is no such chat, or the bot never saw it.
 * - `migrated`: the chat has another id now, `migrateToChatId`.
 * - `file`: the file id or the link is of no use; of a link, ask `getFile` for another.
 * - `too-large`: the bytes are over a limit of this server.
 * - `refused`: anything else that was wrong with the request; the same again is refused again.
 * - `server`, `network`, `timeout`: nothing is wrong with the request; later it may work.
 * - `answer`: the server answered with something that is not the Bot API's.
 */
export type TelegramFailureReason =
  | 'flood'
  | 'token'
  | 'forbidden'
  | 'chat'
  | 'migrated'
  | 'file'
  | 'too-large'
  | 'refused'
  | 'server'
  | 'network'
  | 'timeout'
  | 'answer'

/** A call of {@link TelegramFiles} that did not give a result. */
export class TelegramFileError extends TelegramError {
  readonly reason: TelegramFailureReason
  /** `unknown`: the request had left, so the work may have been done, such as a message sent. */
  readonly outcome: 'not-done' | 'unknown'

  constructor(
    details: TelegramErrorDetails,
    verdict: { reason: TelegramFailureReason; outcome: 'not-done' | 'unknown' },
  ) {
    super(details)
    this.name = 'TelegramFileError'
    this.reason = verdict.reason
    this.outcome = verdict.outcome
  }
}

/** No answer came, or it broke off. */
export const toNetworkError = (method: string, { networkCode, isSent }: ExchangeFailure): TelegramFileError =>
  new TelegramFileError(
    { method, errorCode: 0, description: describeNetworkCode(networkCode), networkCode },
    { reason: networkCode === 'TIMEOUT' ? 'timeout' : 'network', outcome: isSent ? 'unknown' : 'not-done' },
  )

/** An answer that is a refusal, or none of the Bot API's. */
export const toFileError = (error: TelegramError, isSent: boolean): TelegramFileError => {
  const reason = reasonOf(error)
  const { method, errorCode, description, retryAfterSeconds, migrateToChatId } = error
  // Whoever answers with 5xx, or with no Bot API answer at all, may do so after the work was done.
  const isUnclear = reason === 'server' || reason === 'answer'
  return new TelegramFileError(
    { method, errorCode, description, retryAfterSeconds, migrateToChatId },
    { reason, outcome: isSent && isUnclear ? 'unknown' : 'not-done' },
  )
}

const BY_CODE: Record<number, TelegramFailureReason> = {
  401: 'token',
  403: 'forbidden',
  413: 'too-large',
  421: 'token',
  429: 'flood',
}

/** Only the words tell these apart; their case and what stands around them has changed over the years. */
const BY_WORDS: readonly [RegExp, TelegramFailureReason][] = [
  [/logged out/i, 'token'],
  [/chat not found|CHANNEL_INVALID|PEER_ID_INVALID/i, 'chat'],
  [
    /CHANNEL_PRIVATE|CHAT_WRITE_FORBIDDEN|CHAT_ADMIN_REQUIRED|administrator rights|(not enough|no) rights/i,
    'forbidden',
  ],
  [/file is too big|request entity too large/i, 'too-large'],
  [/file_id|file identifier|FILE_REFERENCE|temporarily unavailable/i, 'file'],
]

const reasonOf = ({ method, errorCode, description, migrateToChatId }: TelegramError): TelegramFailureReason => {
  if (migrateToChatId !== undefined) return 'migrated'
  const known = BY_CODE[errorCode]
  if (known) return known
  if (errorCode >= 500) return 'server'
  if (errorCode < 400) return 'answer'
  // A link that has expired; of a method, a token that never was one.
  if (errorCode === 404)
    return method === 'download' ? 'file' : /method not found/i.test(description) ? 'refused' : 'token'
  return BY_WORDS.find(([words]) => words.test(description))?.[1] ?? 'refused'
}
