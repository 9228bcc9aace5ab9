import { setTimeout as wait } from 'node:timers/promises'
import { type BotPlace, HELLO, startBotPlace } from '../bot-place.ts'
import { atMost, type Case, type Effort, median, quantile, type Row } from '../figures.ts'
import { FEW_PEOPLE } from '../people.ts'
import { type Helper, SERVER_CPU, startHelper } from '../processes.ts'
import type { PeopleResult } from '../servers/telegram.ts'
import { residentMb } from './start.ts'

const FLEETS = [
  { bots: 1, chats: 8 },
  { bots: 10, chats: 2 },
  { bots: 200, chats: 1 },
]
const WARM_MS = 5
const COLD_MS = 50
const IDLE_BOTS = 1_000
const HOUR_MS = 3_600_000
const IDLE_MB = 150
const SLOW_RUNS = 200
/** A bot that waits must not make another one that much slower. */
const BESIDE_SLOW = 2
const SLOW = { '/start': 'bot.sendMessage("Hello World")', '/slow': 'HTTP.get(URL, timeout=60)' }

export const botsThroughputCase: Case = {
  name: 'bots-throughput',
  async run(effort) {
    const place = await startBotPlace()
    try {
      return [
        ...(await throughput(place, effort)),
        ...(await latency(place, effort)),
        ...(await besideSlow(place, effort)),
        ...(await idle(place)),
      ]
    } finally {
      await place.stop()
    }
  },
}

const perSecond = ({ times, seconds }: PeopleResult): number => times.length / seconds

/** The same people write to bots of ours and of the yardstick, in turns. */
const throughput = async (place: BotPlace, { quick }: Effort): Promise<Row[]> => {
  const rounds = quick ? 2 : 4
  const forMs = quick ? 2_000 : 4_000
  const yardstick: Helper<null> = await startHelper('servers/bare-grammy.ts', place.telegram, SERVER_CPU)
  const rows: Row[] = []
  try {
    const most = Math.max(...FLEETS.map(({ bots }) => bots))
    const ours = await place.bots(most, HELLO)
    const theirs = await place.tokens(most)
    await yardstick.ask(theirs)
    for (const { bots, chats } of FLEETS) {
      const load = (tokens: readonly string[], ms = forMs) =>
        place.people({ kind: 'eager', tokens: tokens.slice(0, bots), chats, forMs: ms })
      await load(ours, forMs / 2)
      await load(theirs, forMs / 2)
      const pairs: [PeopleResult, PeopleResult][] = []
      for (let round = 0; round < rounds; round += 1) pairs.push([await load(ours), await load(theirs)])
      const rates = (index: 0 | 1) => `${median(pairs.map((pair) => perSecond(pair[index]))).toFixed(0)}/s`
      rows.push({
        name: `bots-throughput: updates answered, ${bots} ${bots === 1 ? 'bot' : 'bots'}, ${bots * chats} people at once`,
        ours: rates(0),
        yardstick: `grammY ${rates(1)}`,
        ratios: pairs.map(([mine, other]) => perSecond(mine) / perSecond(other)),
      })
    }
    return rows
  } finally {
    await yardstick.stop()
  }
}

const percentiles = (times: readonly number[]): string =>
  times.length === 0
    ? 'no answer within a minute'
    : `${[0.5, 0.95].map((q) => quantile(times, q).toFixed(1)).join(' / ')} ms`

const once = async (place: BotPlace, token: string): Promise<number> => {
  const { times } = await place.people({ kind: 'calm', tokens: [token], everyMs: 1, forMs: 0.5 })
  return times[0] ?? Number.NaN
}

/** One person writes to one bot: that ran just now, after others, and after everything of it has gone. */
const latency = async (place: BotPlace, { quick }: Effort): Promise<Row[]> => {
  const messages = quick ? 40 : 120
  const [bot = '', other = ''] = await place.bots(2, HELLO)
  // Those who write are known by then.
  for (let n = 0; n < FEW_PEOPLE; n += 1) await once(place, bot)
  const warm: number[] = []
  for (let n = 0; n < messages; n += 1) {
    warm.push(await once(place, bot))
    await wait(10)
  }
  const displaced: number[] = []
  for (let n = 0; n < FEW_PEOPLE; n += 1) await once(place, other)
  for (let n = 0; n < messages / 4; n += 1) {
    // Nobody keeps the memory of a bot for an hour, so it is another's by then.
    await once(place, other)
    await wait(250)
    displaced.push(await once(place, bot))
  }
  const ended: number[] = []
  for (let n = 0; n < (quick ? 3 : 8); n += 1) {
    await once(place, other)
    // All but one of Python's processes have ended by then, and that one was another bot's.
    await place.age(HOUR_MS)
    ended.push(await once(place, bot))
  }
  const row = (name: string, times: readonly number[], most: number): Row => ({
    name: `bots-throughput: update to reply, p50 / p95, ${name}`,
    ours: percentiles(times),
    yardstick: '',
    ratios: [],
    bar: atMost(median(times), most, 'ms p50'),
  })
  return [
    row('of a bot that just ran', warm, WARM_MS),
    row('idle for an hour on a server where others ran', displaced, COLD_MS),
    row('idle for an hour with the whole server', ended, COLD_MS),
  ]
}

/** Runs that wait for somebody else hold nothing that others need. */
const besideSlow = async (place: BotPlace, { quick }: Effort): Promise<Row[]> => {
  const forMs = quick ? 2_000 : 4_000
  const [bot = ''] = await place.bots(1, HELLO)
  const slow = await place.bots(SLOW_RUNS, { ...SLOW, '.env': `URL = "${place.telegram.slowUrl}"` })
  const look = () => place.people({ kind: 'calm', tokens: [bot], everyMs: 50, forMs })
  await look()
  const quiet = await look()
  await place.write(slow, '/slow')
  await wait(500)
  const beside = await look()
  const ratio = beside.times.length === 0 ? 0 : median(quiet.times) / median(beside.times)
  return [
    {
      name: `bots-throughput: update to reply, p50 / p95, while ${SLOW_RUNS} runs wait for other servers`,
      ours: percentiles(beside.times),
      yardstick: `in peace ${percentiles(quiet.times)}`,
      ratios: [ratio],
      bar: { text: `>= ${(1 / BESIDE_SLOW).toFixed(2)}`, holds: ratio >= 1 / BESIDE_SLOW },
    },
  ]
}

/** What bots cost that nobody writes to. */
const idle = async (place: BotPlace): Promise<Row[]> => {
  const settle = () => wait(5_000)
  await settle()
  const before = residentMb(place.pid)
  await place.bots(IDLE_BOTS, HELLO)
  await settle()
  const more = residentMb(place.pid) - before
  return [
    {
      name: `bots-throughput: memory of ${IDLE_BOTS} idle bots`,
      ours: `${more.toFixed(0)} MB`,
      yardstick: '',
      ratios: [],
      ...(Number.isNaN(more) ? {} : { bar: atMost(more, IDLE_MB, 'MB') }),
    },
  ]
}
