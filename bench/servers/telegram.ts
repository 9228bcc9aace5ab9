import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { startEmulator } from '../../src/platform/telegram/emulator/server.ts'
import { FEW_PEOPLE } from '../people.ts'
import { beReady } from '../processes.ts'

export interface TelegramReady {
  readonly apiRoot: string
  /** Answers after some seconds. */
  readonly slowUrl: string
}

/** What the people on this Telegram are told to do. */
export type PeopleOrder =
  /** So many new bots; their tokens come back. */
  | { readonly kind: 'bots'; readonly count: number }
  /** Each bot has `chats` people who write as soon as they were answered. */
  | { readonly kind: 'eager'; readonly tokens: readonly string[]; readonly chats: number; readonly forMs: number }
  /**
   * Somebody writes to each bot in turn every `everyMs`, whether there was an answer or not, and at the same time to the
   * bot `prodding`, whose answers nobody waits for.
   */
  | {
      readonly kind: 'calm'
      readonly tokens: readonly string[]
      readonly everyMs: number
      readonly forMs: number
      readonly prodding?: string
    }
  /** One message to each, and nobody waits. */
  | { readonly kind: 'write'; readonly tokens: readonly string[]; readonly text: string }

/** Milliseconds from a message to its answer, of all that were answered; how long it took in all. */
export interface PeopleResult {
  readonly times: readonly number[]
  readonly sent: number
  readonly seconds: number
}

const SLOW_MS = 8_000
/** A chat takes twenty messages at once and then one a second: so many people that nobody is held up by that. */
const PEOPLE = 400
const ANSWER_WITHIN_MS = 60_000

const { emulator, apiRoot } = await startEmulator()
const slow = createServer((_, response) => void setTimeout(() => response.end('{}'), SLOW_MS)).listen(0, '127.0.0.1')
await once(slow, 'listening')

const idOf = (token: string): number => Number(token.split(':', 1)[0])
const waiting = new Map<string, () => void>()
emulator.onCall(({ botId, method, params, status }) => {
  if (method !== 'sendMessage' || status !== 200) return
  const key = `${botId}:${String(params.chat_id)}`
  const answered = waiting.get(key)
  waiting.delete(key)
  answered?.()
})

const turns = new Map<string, number>()
/** Whoever writes to a bot next. */
const nextPerson = (token: string, people: number): number => {
  const turn = (turns.get(token) ?? 0) + 1
  turns.set(token, turn)
  return 1_000_000 + (turn % people)
}

/** @returns Milliseconds until the answer; undefined if there was none. */
const writeTo = async (token: string, person: number, text: string): Promise<number | undefined> => {
  const botId = idOf(token)
  const { promise, resolve } = Promise.withResolvers<true>()
  waiting.set(`${botId}:${person}`, () => resolve(true))
  const over = new AbortController()
  const startedAt = performance.now()
  emulator.sendAsUser({ botId, user: { id: person, first_name: 'Ada' }, text })
  const late = wait(ANSWER_WITHIN_MS, undefined, { signal: over.signal }).catch(() => undefined)
  const isAnswered = await Promise.race([promise, late])
  over.abort()
  return isAnswered && performance.now() - startedAt
}

const gather = async (work: (times: number[], count: () => void) => Promise<unknown>): Promise<PeopleResult> => {
  const times: number[] = []
  let sent = 0
  const startedAt = performance.now()
  await work(times, () => {
    sent += 1
  })
  return { times, sent, seconds: (performance.now() - startedAt) / 1000 }
}

const eager = ({ tokens, chats, forMs }: Extract<PeopleOrder, { kind: 'eager' }>): Promise<PeopleResult> =>
  gather(async (times, count) => {
    const until = performance.now() + forMs
    const one = async (token: string): Promise<void> => {
      while (performance.now() < until) {
        count()
        const ms = await writeTo(token, nextPerson(token, Math.max(40, Math.ceil(PEOPLE / tokens.length))), '/start')
        if (ms !== undefined) times.push(ms)
      }
    }
    await Promise.all(tokens.flatMap((token) => Array.from({ length: chats }, () => one(token))))
  })

const calm = ({ tokens, everyMs, forMs, prodding }: Extract<PeopleOrder, { kind: 'calm' }>): Promise<PeopleResult> =>
  gather(async (times, count) => {
    const until = performance.now() + forMs
    const open: Promise<void>[] = []
    for (let n = 0; performance.now() < until; n += 1) {
      const token = tokens[n % tokens.length] ?? ''
      count()
      open.push(
        writeTo(token, nextPerson(token, FEW_PEOPLE), '/start').then((ms) => void (ms !== undefined && times.push(ms))),
      )
      if (prodding !== undefined) write(prodding, '/start', nextPerson(prodding, FEW_PEOPLE))
      await wait(everyMs)
    }
    await Promise.all(open)
  })

const write = (token: string, text: string, person = 1): void =>
  void emulator.sendAsUser({ botId: idOf(token), user: { id: person, first_name: 'Ada' }, text })

const obey = (order: PeopleOrder): unknown => {
  if (order.kind === 'eager') return eager(order)
  if (order.kind === 'calm') return calm(order)
  if (order.kind === 'write') {
    for (const token of order.tokens) write(token, order.text)
    return null
  }
  return Array.from({ length: order.count }, (_, n) => {
    const bots = emulator.store.bots().length
    return emulator.addBot({ username: `bench_${bots}_${n}_bot`, firstName: 'Bench' }).token
  })
}

const ready: TelegramReady = { apiRoot, slowUrl: `http://127.0.0.1:${(slow.address() as AddressInfo).port}/` }
beReady(ready, obey)
