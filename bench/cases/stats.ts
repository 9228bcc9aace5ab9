import { type Case, type Effort, median, quantile, type Row } from '../figures.ts'
import type { LoadOrder, Sample } from '../load/main.ts'
import { KNOWS_CPU_TIME } from '../on-cpu.ts'
import { type Helper, LOAD_CPU, SERVER_CPU, startHelper } from '../processes.ts'
import type { LatchkeyReady } from '../servers/latchkey.ts'

const PATH = '/api/v1/stats'
const CONNECTIONS = 32
const KEYS = 256

interface Plan {
  readonly pairs: number
  readonly warmUpAnswers: number
  readonly warmUpWithinMs: number
  readonly samples: number
  readonly sampleMs: number
}

const planFor = ({ quick }: Effort): Plan =>
  quick
    ? { pairs: 2, warmUpAnswers: 40_000, warmUpWithinMs: 4_000, samples: 2, sampleMs: 1_000 }
    : { pairs: 5, warmUpAnswers: 60_000, warmUpWithinMs: 12_000, samples: 3, sampleMs: 2_000 }

/** What stands against the bare server, and how it is loaded. */
type Rival = { readonly keys: 'rotating' | 'one' } | 'control'

interface Pair {
  /** One for each sample: CPU per request of the bare server, in parts of the rival's. */
  readonly ratios: readonly number[]
  readonly bareUs: readonly number[]
  readonly rivalUs: readonly number[]
}

const requestWith = (key: string): string =>
  `GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nAccept: application/json\r\n\r\n`

const usPerRequest = ({ onCpuNs, answers }: Sample): number => onCpuNs / 1000 / answers

/** Two fresh servers on one core, loaded at the same time with the same bytes by one process on the other core. */
const measurePair = async (rival: Rival, plan: Plan): Promise<Pair> => {
  const latchkey = await startHelper<LatchkeyReady>('servers/latchkey.ts', { keys: KEYS }, SERVER_CPU)
  const helpers: Helper<unknown>[] = [latchkey]
  try {
    const requests = latchkey.ready.keys.map(requestWith)
    const body = await answerOf(latchkey.ready)
    const startBare = async () => {
      const bare = await startHelper<{ port: number }>('servers/bare-fastify.ts', { path: PATH, body }, SERVER_CPU)
      helpers.push(bare)
      return bare
    }
    const bare = await startBare()
    const other = rival === 'control' ? await startBare() : latchkey
    const oneEach = rival !== 'control' && rival.keys === 'one'
    const targets = [bare, other].map(({ pid, ready }) => ({
      pid,
      port: ready.port,
      requests,
      connections: CONNECTIONS,
      oneEach,
    }))
    const order: LoadOrder = { ...plan, targets }
    const load = await startHelper<null>('load/main.ts', order, LOAD_CPU)
    helpers.push(load)
    const samples = await load.ask<Sample[][]>('go')
    const bareUs = samples.map((sample) => usPerRequest(sample[0]!))
    const rivalUs = samples.map((sample) => usPerRequest(sample[1]!))
    return { bareUs, rivalUs, ratios: bareUs.map((us, index) => us / rivalUs[index]!) }
  } finally {
    await Promise.all(helpers.map((helper) => helper.stop()))
  }
}

const answerOf = async ({ port, keys }: LatchkeyReady): Promise<unknown> => {
  const answer = await fetch(`http://127.0.0.1:${port}${PATH}`, { headers: { authorization: `Bearer ${keys[0]}` } })
  if (!answer.ok) throw new Error(`${PATH} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

const toRow = (name: string, pairs: readonly Pair[], bar?: (ratio: number) => Row['bar']): Row => {
  // Each pair counts once: two processes differ more from two others than their samples do from each other.
  const ratios = pairs.map((pair) => median(pair.ratios))
  const us = (values: readonly number[]): string =>
    `${median(values).toFixed(1)} us (${quantile(values, 0).toFixed(1)}..${quantile(values, 1).toFixed(1)})`
  const found = bar?.(median(ratios))
  return {
    name,
    ours: us(pairs.flatMap((pair) => pair.rivalUs)),
    yardstick: us(pairs.flatMap((pair) => pair.bareUs)),
    ratios,
    ...(found === undefined ? {} : { bar: found }),
  }
}

const BURSTS = 20
const BURST = 50

/** How many statements warm requests cause, in bursts so short that most fall between two rounds of housekeeping. */
const countSql = async (): Promise<Row> => {
  const latchkey = await startHelper<LatchkeyReady>('servers/latchkey.ts', { keys: 1 }, SERVER_CPU)
  try {
    const counts: number[] = []
    for (let burst = 0; burst < BURSTS; burst++) {
      const before = await latchkey.ask<number>('statements')
      for (let sent = 0; sent < BURST; sent++) await answerOf(latchkey.ready)
      counts.push((await latchkey.ask<number>('statements')) - before)
    }
    const typical = median(counts)
    return {
      name: 'stats: SQL in 50 warm requests',
      ours: `${typical} (0 in ${counts.filter((count) => count === 0).length} of ${BURSTS} bursts)`,
      yardstick: '',
      ratios: [],
      bar: { text: '0', holds: typical === 0 },
    }
  } finally {
    await latchkey.stop()
  }
}

export const statsCase: Case = {
  name: 'stats',
  async run(effort) {
    const sql = await countSql()
    if (!KNOWS_CPU_TIME) {
      console.log('stats: skipped, this system does not tell how long a process was on a processor')
      return [sql]
    }
    const plan = planFor(effort)
    const control: Pair[] = []
    const rotating: Pair[] = []
    const one: Pair[] = []
    // In turn, so that a busy minute of the machine does not fall on one row only.
    for (let pair = 0; pair < plan.pairs; pair++) {
      rotating.push(await measurePair({ keys: 'rotating' }, plan))
      one.push(await measurePair({ keys: 'one' }, plan))
      control.push(await measurePair('control', plan))
    }
    const least = (bar: number) => (ratio: number) => ({ text: `>= ${bar.toFixed(2)}`, holds: ratio >= bar })
    return [
      toRow('stats: 256 keys rotating, CPU/request', rotating, least(0.85)),
      toRow('stats: one key per connection, CPU/request', one, least(0.9)),
      toRow('stats: control, bare against bare', control),
      sql,
    ]
  },
}
