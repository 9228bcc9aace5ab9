import type { Readable } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { type RequestInfo, reply, type Transfer } from '../../platform/http/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { PAGE_HEADERS, wantsPage } from '../../platform/pages/frame.ts'
import { ShareErrors } from './contract.ts'
import { sharesDialect } from './dialect.ts'
import { noticePage, passwordPage } from './pages/pages.ts'

export type Answer = ReturnType<typeof reply<Transfer | Readable | Buffer | string | null>>

// They ask like programs, and show people what the page says of itself. The file itself would be a download to them.
const PREVIEWERS = /bot\b|crawler|spider|facebookexternalhit|whatsapp|slack|discord|skype|preview|embedly/i

/** Whether somebody will look at the answer, or see what is made of it. */
export const isShownToPeople = (request: RequestInfo): boolean =>
  wantsPage(request) || PREVIEWERS.test(request.headers['user-agent'] ?? '')

/** What every answer through a link says, whatever it is. */
const LINK_HEADERS = {
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'x-content-type-options': 'nosniff',
  // One address has an answer for people and one for programs, and passwords may come in any of these.
  vary: 'accept, authorization, cookie, x-share-password',
}

const cookieHeader = (cookies: readonly string[]): Record<string, readonly string[]> =>
  cookies.length === 0 ? {} : { 'set-cookie': cookies }

export const pageAnswer = (status: number, page: string, cookies: readonly string[] = []): Answer =>
  reply(status, page, { ...LINK_HEADERS, ...PAGE_HEADERS, ...cookieHeader(cookies) })

export const jsonAnswer = (status: number, value: unknown, cookies: readonly string[] = []): Answer =>
  reply(status, JSON.stringify(value), {
    ...LINK_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...cookieHeader(cookies),
  })

/** Sends a browser to another address, which it then asks for with GET. */
export const seeOther = (location: string, cookies: readonly string[]): Answer =>
  reply(303, null, { ...LINK_HEADERS, 'cache-control': 'no-store', location, ...cookieHeader(cookies) })

export const contentAnswer = (
  status: number,
  body: Transfer | Readable | Buffer | null,
  headers: Readonly<Record<string, string>>,
  cookies: readonly string[],
): Answer => reply(status, body, { ...headers, ...LINK_HEADERS, ...cookieHeader(cookies) })

const TITLES: Partial<Record<string, string>> = {
  [ShareErrors.SHARE_NOT_FOUND.code]: 'There is no such link',
  [ShareErrors.SHARE_FILE_NOT_FOUND.code]: 'There is no such file',
  [ShareErrors.SHARE_DISABLED.code]: 'This link was switched off',
  [ShareErrors.SHARE_EXPIRED.code]: 'This link has expired',
  [ShareErrors.SHARE_EXHAUSTED.code]: 'This link has been used up',
  [ShareErrors.SHARE_GONE.code]: 'Nothing is here any more',
  [ShareErrors.SHARE_LOCKED.code]: 'Too many wrong passwords',
}

export type FailureAnswers = ReturnType<typeof failureAnswers>

/** Failures, for people as pages and for programs as JSON. */
export const failureAnswers = ({ clock, log }: { clock: Clock; log: Log }) => {
  const page = (error: AppError, request: RequestInfo, token: string): Answer => {
    if (error.status >= 500) log.error({ err: error, requestId: request.id }, 'a request through a link failed')
    const isLocked = error.status === 401
    const problem = error.code === ShareErrors.SHARE_PASSWORD_WRONG.code ? error.message : undefined
    const text = isLocked
      ? passwordPage(token, problem)
      : noticePage(TITLES[error.code] ?? 'That did not work', error.message)
    const { retryAfterSeconds } = error
    return reply(error.status, text, {
      ...LINK_HEADERS,
      ...PAGE_HEADERS,
      ...(isLocked ? { 'www-authenticate': 'Bearer realm="latchkey"' } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...closing(request),
    })
  }

  return {
    /** For who asks as `isShownToPeople` says. @throws what is no answer at all, or is printed the same everywhere */
    of(error: unknown, request: RequestInfo, token: string): Answer {
      if (!(error instanceof AppError)) throw error
      if (isShownToPeople(request)) return page(error, request, token)
      if (error.status !== 401) throw error
      // wget sends a password only to who asks for one in this way.
      return this.json(error, request, { 'www-authenticate': 'Basic realm="link", charset="UTF-8"' })
    },

    json(error: AppError, request: RequestInfo, headers: Readonly<Record<string, string>>): Answer {
      const failure = sharesDialect.failure(error, { requestId: request.id, nowMs: clock.now().getTime() })
      return reply(error.status, JSON.stringify(failure), {
        ...LINK_HEADERS,
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        ...headers,
        ...closing(request),
      })
    },
  }
}

/** The rest of a refused upload is not waited for. */
export const closing = ({ raw }: RequestInfo): Record<string, string> => (raw.complete ? {} : { connection: 'close' })
