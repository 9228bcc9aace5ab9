import { setTimeout as wait } from 'node:timers/promises'
import type { RuntimeName } from '../../src/bots/sandbox/index.ts'
import { type BotPlace, HELLO, startBotPlace } from '../bot-place.ts'
import { type Case, median, quantile, type Row } from '../figures.ts'

const RUNTIMES: readonly RuntimeName[] = process.platform === 'linux' ? ['pyodide', 'native'] : ['pyodide']
const NEIGHBOURS = 10
/** A neighbour's message each; together they need a small part of the machine. */
const EVERY_MS = 40
const WINDOW_MS = 2_500
const AFTER_MS = 3_000
const MOST = 2

/** What a tenant may do to a machine: each is killed or refused at some limit, and started again at once. */
const RUNAWAYS: { readonly [what: string]: string } = {
  'infinite loops': 'while True:\n    pass',
  'allocation storms': 'kept = []\nwhile True:\n    kept.append(bytearray(1_000_000))',
  'output floods': 'while True:\n    print("x" * 10_000)',
  'host-call floods': 'while True:\n    Bot.getData("k")',
}

export const botsNeighbourCase: Case = {
  name: 'bots-neighbour',
  async run({ quick }) {
    const rounds = quick ? 2 : 4
    const rows: Row[] = []
    for (const runtime of RUNTIMES) rows.push(...(await beside(runtime, rounds)))
    return rows
  },
}

const beside = async (runtime: RuntimeName, rounds: number): Promise<Row[]> => {
  // Unpinned: what is asked is whether the machine is shared well.
  const place = await startBotPlace(false, runtime)
  try {
    const neighbours = await place.bots(NEIGHBOURS, HELLO)
    const rows: Row[] = []
    await look(place, neighbours, 3_000)
    for (const [what, code] of Object.entries(RUNAWAYS)) {
      const [stranger = ''] = await place.bots(1, { '*': code })
      await place.turn(stranger, 'stop')
      rows.push(await compare(place, neighbours, stranger, `${what}, ${runtime}`, rounds))
    }
    return rows
  } finally {
    await place.stop()
  }
}

const look = async (place: BotPlace, tokens: readonly string[], forMs: number, prodding?: string): Promise<number> => {
  const { times } = await place.people({
    kind: 'calm',
    tokens,
    everyMs: EVERY_MS,
    forMs,
    ...(prodding && { prodding }),
  })
  return quantile(times, 0.95)
}

/** Turns of peace and of one tenant who runs away. */
const compare = async (
  place: BotPlace,
  neighbours: readonly string[],
  stranger: string,
  what: string,
  rounds: number,
): Promise<Row> => {
  const [quiet, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    quiet.push(await look(place, neighbours, WINDOW_MS))
    await place.turn(stranger, 'start')
    // The first half second of it is not yet continuous.
    await look(place, neighbours, 500, stranger)
    beside.push(await look(place, neighbours, WINDOW_MS, stranger))
    await place.turn(stranger, 'stop')
    // What was begun comes to its limit.
    await wait(AFTER_MS)
  }
  const ratios = quiet.map((ms, round) => ms / (beside[round] ?? Number.NaN))
  return {
    name: `bots-neighbour: p95 update to reply of ${NEIGHBOURS} bots beside ${what}`,
    ours: `${median(beside).toFixed(1)} ms`,
    yardstick: `in peace ${median(quiet).toFixed(1)} ms`,
    ratios,
    bar: { text: `> ${(1 / MOST).toFixed(2)}`, holds: median(ratios) > 1 / MOST },
  }
}
