import { setTimeout as wait } from 'node:timers/promises'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { beReady, comeLast, settingsOf } from '../processes.ts'
import { openExchange, wireRequest } from './exchange.ts'

/** Guesses at keys from many addresses, so many a second; or sign-ins, all at once and each on a connection of its own. */
export type Attack =
  | { readonly kind: 'guesses'; readonly addresses: number; readonly perSecond: number; readonly forMs: number }
  | { readonly kind: 'sign-ins'; readonly count: number }

export interface AttackResult {
  readonly ms: number
  readonly statuses: Readonly<Record<number, number>>
}

const CONNECTIONS = 16
// Strangers do not come in step: a burst would be a wait of its own making.
const TICK_MS = 1

const { port, path } = settingsOf<{ port: number; path: string }>()
let turns = 0

// Half of them hop through the addresses of one network of IPv6 each.
const addressOf = (index: number): string =>
  index % 2 === 0
    ? `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
    : `2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::${(turns % 65_536).toString(16)}`

const count = (statuses: readonly number[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const guess = async ({ addresses, perSecond, forMs }: Extract<Attack, { kind: 'guesses' }>): Promise<number[]> => {
  const exchanges = await Promise.all(Array.from({ length: CONNECTIONS }, () => openExchange(port)))
  const answers: Promise<number>[] = []
  const startedAt = performance.now()
  for (let passed = 0; passed < forMs; passed = performance.now() - startedAt) {
    while (answers.length < (passed / 1000) * perSecond) {
      const headers = [`X-API-Key: ${newKeyValue('files')}`, `X-Forwarded-For: ${addressOf(turns % addresses)}`]
      const exchange = exchanges[turns % CONNECTIONS]
      if (exchange !== undefined) answers.push(exchange.send(wireRequest('GET', path, headers)))
      turns += 1
    }
    await wait(TICK_MS)
  }
  const statuses = await Promise.all(answers)
  for (const exchange of exchanges) exchange.close()
  return statuses
}

const signIn = async (): Promise<number> => {
  const turn = turns++
  const body = JSON.stringify({ email: `somebody.${turn}@example.org`, password: 'a guess at a password' })
  const exchange = await openExchange(port)
  try {
    const headers = [`X-Forwarded-For: ${addressOf(turn * 2)}`]
    return await exchange.send(wireRequest('POST', '/api/auth/sign-in', headers, body))
  } finally {
    exchange.close()
  }
}

// Strangers have machines of their own: their work must not take the time of the people who are measured.
comeLast()

beReady(null, async (attack: Attack): Promise<AttackResult> => {
  const startedAt = performance.now()
  const statuses =
    attack.kind === 'guesses' ? await guess(attack) : await Promise.all(Array.from({ length: attack.count }, signIn))
  return { ms: performance.now() - startedAt, statuses: count(statuses) }
})
