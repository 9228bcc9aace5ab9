import { crc32 } from 'node:zlib'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { toBase62 } from '../../src/platform/ids.ts'
import { type Case, median, type Row } from '../figures.ts'
import { wireRequest } from '../load/exchange.ts'
import type { Timed } from '../load/one-by-one.ts'
import { mannWhitney } from '../mann-whitney.ts'
import { type Helper, LOAD_CPU, SERVER_CPU, startHelper } from '../processes.ts'
import type { GuardedOrder, GuardedReady } from '../servers/guarded.ts'

const KEYS = 50
// Of one account more than ten guesses a minute are refused unread.
const GUESSES_PER_ACCOUNT = 9
const LEAST_P = 0.01
const ROUNDS_AT_ONCE = 50

/** Requests of one kind; each call makes the next one. */
type Kind = readonly [name: string, next: () => string]

const withKey = (path: string, key: string): string => wireRequest('GET', path, [`X-API-Key: ${key}`])

const inTurn = (values: readonly string[]): (() => string) => {
  let next = 0
  return () => values[next++ % values.length] ?? ''
}

/** A key off by one letter of its secret, with the checksum of what it is now: anybody can compute that. */
const nearFiles = (key: string): string => {
  const body = key.slice(0, -6)
  const near = body.slice(0, -1) + (body.endsWith('a') ? 'b' : 'a')
  return near + toBase62(BigInt(crc32(near)), 6)
}

const nearCards = (key: string): string => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')

const shuffled = <T>(values: readonly T[]): T[] =>
  values
    .map((value) => ({ value, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value)

/** Every round sends one of each kind, in an order of its own. @returns Microseconds by kind. */
const timeKinds = async (
  load: Helper<null>,
  kinds: readonly Kind[],
  rounds: number,
): Promise<Map<string, number[]>> => {
  const times = new Map<string, number[]>(kinds.map(([name]) => [name, []]))
  const send = async (count: number, keep: boolean): Promise<void> => {
    const order = Array.from({ length: count }, () => shuffled(kinds)).flat()
    const { us, statuses } = await load.ask<Timed>(order.map(([, next]) => next()))
    if (statuses.some((status) => status !== 401))
      throw new Error(`Not every guess was answered 401: ${new Set(statuses)}`)
    if (keep) for (const [index, [name]] of order.entries()) times.get(name)?.push(us[index] ?? Number.NaN)
  }
  await send(Math.ceil(rounds / 10), false)
  for (let sent = 0; sent < rounds; sent += ROUNDS_AT_ONCE) await send(Math.min(ROUNDS_AT_ONCE, rounds - sent), true)
  return times
}

const compare = (times: ReadonlyMap<string, readonly number[]>, one: string, other: string, most: number): Row => {
  const [a, b] = [times.get(one) ?? [], times.get(other) ?? []]
  const gap = Math.abs(median(a) / median(b) - 1)
  const p = mannWhitney(a, b)
  const percent = (part: number): string => `${(part * 100).toFixed(1)} %`
  return {
    name: `timing: ${one} against ${other}, ${a.length} each`,
    ours: `${median(a).toFixed(0)} us, gap ${percent(gap)}, p ${p.toFixed(4)}`,
    yardstick: `${median(b).toFixed(0)} us`,
    ratios: [],
    bar: { text: `p > ${LEAST_P} or gap < ${percent(most)}`, holds: p > LEAST_P || gap < most },
  }
}

const keyKinds = ({ good, revoked, expired, cards }: GuardedReady): Kind[] => {
  const path = '/api/v1/stats'
  const [deads, olds, nears] = [inTurn(revoked), inTurn(expired), inTurn(good.map(nearFiles))]
  return [
    ['unknown key', () => withKey(path, newKeyValue('files'))],
    ['revoked key', () => withKey(path, deads())],
    ['expired key', () => withKey(path, olds())],
    ['key off by one', () => withKey(path, nears())],
    ['unknown cards key', () => withKey('/v1/cards', newKeyValue('cards'))],
    ['cards key off by one', () => withKey('/v1/cards', nearCards(cards))],
  ]
}

const passwordKinds = ({ emails }: GuardedReady): Kind[] => {
  let sent = 0
  const signIn = (email: string): string => {
    sent += 1
    const from = `X-Forwarded-For: 10.8.${(sent >> 8) & 255}.${sent & 255}`
    const body = JSON.stringify({ email, password: 'a guess at a password' })
    return wireRequest('POST', '/api/auth/sign-in', [from], body)
  }
  const known = inTurn(emails)
  return [
    ['unknown e-mail', () => signIn(`nobody.${String(sent).padStart(6, '0')}@example.org`)],
    ['wrong password', () => signIn(known())],
  ]
}

/** Whether the time of a refusal tells what was wrong. */
export const timingCase: Case = {
  name: 'timing',
  async run({ quick }) {
    const [keys, passwords] = quick ? [500, 60] : [2_000, 300]
    const order: GuardedOrder = {
      keys: KEYS,
      // Those of the warm-up are guesses too.
      accounts: Math.ceil((passwords * 1.1 + 1) / GUESSES_PER_ACCOUNT),
      failuresPerMinute: 1_000_000,
    }
    const server = await startHelper<GuardedReady>('servers/guarded.ts', order, SERVER_CPU)
    const load = await startHelper<null>('load/one-by-one.ts', { port: server.ready.port }, LOAD_CPU)
    try {
      const byKey = await timeKinds(load, keyKinds(server.ready), keys)
      const byPassword = await timeKinds(load, passwordKinds(server.ready), passwords)
      return [
        ...['revoked key', 'expired key', 'key off by one'].map((name) => compare(byKey, name, 'unknown key', 0.05)),
        compare(byKey, 'cards key off by one', 'unknown cards key', 0.05),
        compare(byPassword, 'wrong password', 'unknown e-mail', 0.02),
      ]
    } finally {
      await Promise.all([load.stop(), server.stop()])
    }
  },
}
