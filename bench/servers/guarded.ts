import { setTimeout as wait } from 'node:timers/promises'
import { beReady, settingsOf } from '../processes.ts'
import { startLatchkey } from './start.ts'

/** What whoever attacks the server has in hand, and what it must not tell apart. */
export interface GuardedReady {
  readonly port: number
  readonly good: readonly string[]
  readonly revoked: readonly string[]
  readonly expired: readonly string[]
  /** A live key of the cards surface, whose form has no checksum. */
  readonly cards: string
  readonly emails: readonly string[]
}

export interface GuardedOrder {
  readonly keys: number
  readonly accounts: number
  /** Bad keys that may be looked up for one address in a minute. */
  readonly failuresPerMinute: number
}

const EXPIRES_AFTER_MS = 2_000

/** The whole program behind a proxy, so that requests come from any address that they name. */
const { keys, accounts, failuresPerMinute } = settingsOf<GuardedOrder>()
const { url } = await startLatchkey({
  TRUSTED_PROXIES: '127.0.0.1',
  OPEN_SIGNUP: 'true',
  LIMIT_AUTH_FAILURES_PER_MINUTE: String(failuresPerMinute),
})

const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

const signedIn = await call('POST', '/api/auth/sign-in', {
  email: 'ada@example.org',
  password: 'correct horse battery staple',
})
const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
const newKey = async (wish: object): Promise<{ id: string; key: string }> =>
  (await (await call('POST', '/api/keys', wish, { cookie })).json()) as { id: string; key: string }
const many = async <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = []
  while (made.length < count) made.push(await make(made.length))
  return made
}

const good = await many(keys, () => newKey({ kind: 'files' }))
const revoked = await many(keys, () => newKey({ kind: 'files' }))
for (const { id } of revoked) await call('DELETE', `/api/keys/${id}`, undefined, { cookie })
const cards = await newKey({ kind: 'cards' })
const emails = await many(accounts, async (index) => {
  const email = `person.${String(index).padStart(6, '0')}@example.org`
  await call('POST', '/api/auth/sign-up', { email, password: 'a password of somebody' }, { 'x-forwarded-for': `10.9.0.${index % 256}` }) // biome-ignore format: one line
  return email
})
const expires_at = new Date(Date.now() + EXPIRES_AFTER_MS).toISOString()
const expired = await many(keys, () => newKey({ kind: 'files', expires_at }))
await wait(Math.max(0, Date.parse(expires_at) - Date.now()))

const secretOf = ({ key }: { key: string }): string => key
beReady({
  port: Number(new URL(url).port),
  good: good.map(secretOf),
  revoked: revoked.map(secretOf),
  expired: expired.map(secretOf),
  cards: cards.key,
  emails,
} satisfies GuardedReady)
