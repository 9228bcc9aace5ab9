import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { networkOf } from '../../accounts/index.ts'
import { randomBase62 } from '../../platform/ids.ts'
import type { StoredShare } from './repo.ts'

/** How long one visit lasts: downloads that began in it may be resumed that long. */
export const VISIT_MS = 6 * 60 * 60_000
/** How long a password that was said once opens the link. */
export const UNLOCKED_MS = 12 * 60 * 60_000

const VISITOR_COOKIE = 'latchkey_visitor'
const UNLOCK_COOKIE = 'latchkey_unlock'
const VISITOR_LENGTH = 22
const MAX_PASSWORD_LENGTH = 1024

type Asking = { readonly headers: IncomingHttpHeaders; readonly ip: string }
type Locked = Pick<StoredShare, 'id' | 'token' | 'password_version'>

/** What a request says of who sends it. */
export interface Visitor {
  /** From its cookie; undefined for who has none. */
  readonly id: string | undefined
  readonly network: string
  /** The same for requests of one program at one address: all there is of who keeps no cookies. A keyed hash. */
  readonly client: string
  /** A password that was sent along. */
  readonly password: string | undefined
  /** What `unlockToken` gave. */
  readonly unlockTokens: readonly string[]
}

export type Visitors = ReturnType<typeof visitorService>

/**
 * Who asks for a link, and what was unlocked. Nothing of it is an account: cookies are those of one link, and what they
 * say is signed or random.
 *
 * @param secret Of this installation, the same in all processes.
 */
export const visitorService = (secret: string, secure: () => boolean) => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey:share-links', 32))
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  const signature = ({ id, password_version }: Locked, expiresMs: number) =>
    sign(`unlocked\n${id}\n${password_version}\n${expiresMs}`)

  const cookie = ({ token }: Locked, name: string, value: string, lastsMs: number): string =>
    `${name}=${value}; Path=/s/${token}; HttpOnly; SameSite=Lax; Max-Age=${Math.floor(lastsMs / 1000)}${secure() ? '; Secure' : ''}`

  return {
    read({ headers, ip }: Asking): Visitor {
      const network = networkOf(ip)
      const { password, bearer } = readAuthorization(headers.authorization)
      const given = headers['x-share-password']
      const id = cookieOf(headers.cookie, VISITOR_COOKIE)
      return {
        id: id !== undefined && /^\w+$/.test(id) && id.length === VISITOR_LENGTH ? id : undefined,
        network,
        client: sign(`client\n${network}\n${headers['user-agent'] ?? ''}`),
        password: shortened(typeof given === 'string' ? given : password),
        unlockTokens: [bearer, cookieOf(headers.cookie, UNLOCK_COOKIE)].filter((token) => token !== undefined),
      }
    },

    newId: (): string => randomBase62(VISITOR_LENGTH),
    /** What the database keeps of a visitor's id. */
    digest: (id: string): string => sign(`visitor\n${id}`),
    /** What memory keeps of a password that was right. */
    digestOf: ({ id, password_version }: Locked, password: string): string =>
      sign(`password\n${id}\n${password_version}\n${password}`),
    visitCookie: (share: Locked, id: string): string => cookie(share, VISITOR_COOKIE, id, VISIT_MS),
    /** With a page, so that what the page shows and what is then downloaded are one visit. Nothing for who has one. */
    visitCookies(share: Locked, visitor: Visitor): string[] {
      return visitor.id === undefined ? [this.visitCookie(share, randomBase62(VISITOR_LENGTH))] : []
    },
    unlockCookie: (share: Locked, token: string): string => cookie(share, UNLOCK_COOKIE, token, UNLOCKED_MS),

    unlockToken: (share: Locked, expiresMs: number): string => `${expiresMs}.${signature(share, expiresMs)}`,
    isUnlocked(share: Locked, tokens: readonly string[], nowMs: number): boolean {
      return tokens.some((token) => {
        const [expires = '', given = ''] = token.split('.', 2)
        if (!/^\d{1,15}$/.test(expires) || Number(expires) <= nowMs) return false
        return equal(given, signature(share, Number(expires)))
      })
    },
  }
}

const equal = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

// What is longer is no password of ours, and must not be hashed as if it could be.
const shortened = (password: string | undefined): string | undefined => password?.slice(0, MAX_PASSWORD_LENGTH)

/** Any user name will do: what counts is the password. */
const readAuthorization = (header: string | undefined): { password?: string; bearer?: string } => {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return { bearer: value }
  if (scheme.toLowerCase() !== 'basic') return {}
  const pair = Buffer.from(value, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? {} : { password: pair.slice(colon + 1) }
}

const cookieOf = (header: string | undefined, name: string): string | undefined => {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}
