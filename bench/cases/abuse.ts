import { atLeast, type Case, median, quantile, type Row } from '../figures.ts'
import type { Attack, AttackResult } from '../load/attack.ts'
import { wireRequest } from '../load/exchange.ts'
import type { PacedOrder } from '../load/paced.ts'
import { type Helper, LOAD_CPU, startHelper } from '../processes.ts'
import type { GuardedOrder, GuardedReady } from '../servers/guarded.ts'
import { residentMb } from './start.ts'

const PATH = '/api/v1/stats'
const PEOPLE = 8
const PAUSE_MS = 5
const WINDOW_MS = 1_000
const ADDRESSES = 5_000
const FAILURES_PER_MINUTE = 20
const SIGN_INS = 500
const MOST_MB = 200

interface Attacked {
  readonly ratios: readonly number[]
  readonly quietMs: number
  readonly attackedMs: number
  readonly results: readonly AttackResult[]
  /** Above what the server had before; NaN where the system does not tell. */
  readonly moreMb: number
}

/** Turns of peace and attack, with the same people at work in both. */
const attackInTurns = async (attack: Attack, rounds: number): Promise<Attacked> => {
  const order: GuardedOrder = { keys: PEOPLE, accounts: 0, failuresPerMinute: FAILURES_PER_MINUTE }
  // On every core that there is: bound to one, it would have none for the threads that hash and collect.
  const server = await startHelper<GuardedReady>('servers/guarded.ts', order, undefined, 'ignore')
  const helpers: Helper<unknown>[] = [server]
  let watch: NodeJS.Timeout | undefined
  try {
    const { port, good } = server.ready
    const requests = good.map((key) => wireRequest('GET', PATH, [`X-API-Key: ${key}`, 'X-Forwarded-For: 198.51.100.7']))
    const people = await startHelper<null>('load/paced.ts', { port, requests, pauseMs: PAUSE_MS } satisfies PacedOrder, LOAD_CPU) // biome-ignore format: one line
    helpers.push(people)
    const attacker = await startHelper<null>('load/attack.ts', { port, path: PATH }, LOAD_CPU)
    helpers.push(attacker)
    const work = async (): Promise<number> => quantile(await people.ask<number[]>(WINDOW_MS), 0.99)
    await work()
    await attacker.ask(attack)
    const idleMb = residentMb(server.pid)
    let mostMb = idleMb
    watch = setInterval(() => {
      mostMb = Math.max(mostMb, residentMb(server.pid))
    }, 20)
    const [quiet, attacked]: [number[], number[]] = [[], []]
    const results: AttackResult[] = []
    for (let round = 0; round < rounds; round++) {
      quiet.push(await work())
      const [p99, result] = await Promise.all([work(), attacker.ask<AttackResult>(attack)])
      attacked.push(p99)
      results.push(result)
    }
    return {
      ratios: quiet.map((ms, index) => ms / (attacked[index] ?? Number.NaN)),
      quietMs: median(quiet),
      attackedMs: median(attacked),
      results,
      moreMb: mostMb - idleMb,
    }
  } finally {
    clearInterval(watch)
    await Promise.all(helpers.map((helper) => helper.stop()))
  }
}

const rowsOf = (name: string, least: number, { ratios, quietMs, attackedMs, results, moreMb }: Attacked): Row[] => {
  const counts = new Map<string, number>()
  for (const { statuses } of results)
    for (const [status, count] of Object.entries(statuses)) counts.set(status, (counts.get(status) ?? 0) + count)
  const answers = [...counts].map(([status, count]) => `${count} x ${status}`).join(', ')
  return [
    {
      name: `abuse: p99 of good keys, ${name}`,
      ours: `${attackedMs.toFixed(1)} ms`,
      yardstick: `in peace ${quietMs.toFixed(1)} ms`,
      ratios,
      bar: atLeast(ratios, least),
    },
    {
      name: `abuse: memory above idle, ${name}`,
      ours: `${moreMb.toFixed(0)} MB`,
      yardstick: `${answers}; ${median(results.map(({ ms }) => ms)).toFixed(0)} ms`,
      ratios: [],
      ...(Number.isNaN(moreMb) ? {} : { bar: { text: `< ${MOST_MB} MB`, holds: moreMb < MOST_MB } }),
    },
  ]
}

/** What people with good keys notice while others guess at keys and passwords. */
export const abuseCase: Case = {
  name: 'abuse',
  async run({ quick }) {
    const rounds = quick ? 5 : 20
    // As many as the budgets of so many addresses let through to the database.
    const perSecond = (ADDRESSES * FAILURES_PER_MINUTE) / 60
    const guesses = { kind: 'guesses', addresses: ADDRESSES, perSecond, forMs: WINDOW_MS } as const
    const signIns = { kind: 'sign-ins', count: SIGN_INS } as const
    return [
      ...rowsOf('5,000 addresses guess', 1 / 2, await attackInTurns(guesses, rounds)),
      ...rowsOf('500 sign-ins at once', 1 / 3, await attackInTurns(signIns, rounds)),
    ]
  },
}
