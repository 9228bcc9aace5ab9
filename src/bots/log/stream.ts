import { Readable } from 'node:stream'
import type { Database, Db } from '../../platform/db/index.ts'
import { fromRow } from '../runs/record.ts'
import { type RunRow, runRepo } from '../runs/repo.ts'
import { type LogEvent, type LogHub, runEvent } from './hub.ts'

export interface LogStreamOptions {
  readonly database: Database
  readonly hub: LogHub
  readonly accountId: string
  readonly botId: string
  /** The last run that the reader has seen. */
  readonly after: string | undefined
  /** The reader has gone. */
  readonly signal: AbortSignal
}

const HEARTBEAT_MS = 15_000
/** Where other processes run bots too, what they record is looked for. */
const LOOK_MS = 1_000
const MAX_CAUGHT_UP = 500
/** A reader that is slower than its bot misses what does not fit. */
const MAX_QUEUED = 1_000
const MAX_SEEN = 5_000

/**
 * The events of a bot as an event stream. What was missed since a run comes first, from the record of runs, so that it
 * does not matter which process has the reader and which had it before.
 */
export const logStream = (options: LogStreamOptions): Readable => Readable.from(pieces(options), { objectMode: false })

async function* pieces({ database, hub, accountId, botId, after, signal }: LogStreamOptions): AsyncGenerator<string> {
  const queue = eventQueue()
  const stop = hub.listen(botId, queue.put)
  const ended = AbortSignal.any([signal, hub.closed])
  const heart = setInterval(() => queue.beat(), HEARTBEAT_MS)
  ended.addEventListener('abort', queue.wake, { once: true })
  const runs = newRuns(database, accountId, botId)
  const looking = database.dialect === 'postgres' ? setInterval(() => void look(), LOOK_MS) : undefined
  const look = async (): Promise<void> => {
    // A database that is away for a moment is asked again a second later.
    const found = await runs.recorded().catch(() => [])
    for (const row of found) queue.put(runEvent(fromRow(row)))
  }
  try {
    yield ': connected\n\n'
    const missed = after === undefined ? [] : await runs.since(after)
    if (missed.length > MAX_CAUGHT_UP) yield print({ event: 'gap', id: null, data: { after } })
    for (const row of missed.slice(-MAX_CAUGHT_UP)) if (runs.isNew(row.id)) yield print(runEvent(fromRow(row)))
    if (after === undefined) await runs.begin()
    while (!ended.aborted) {
      for (const item of queue.take()) {
        if (item === 'beat') yield ': still here\n\n'
        else if (item.id === null || runs.isNew(item.id)) yield print(item)
      }
      await queue.filled()
    }
  } finally {
    stop()
    clearInterval(heart)
    clearInterval(looking)
    ended.removeEventListener('abort', queue.wake)
  }
}

type Printed = LogEvent | { readonly event: 'gap'; readonly id: null; readonly data: unknown }

const print = ({ event, id, data }: Printed): string =>
  `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

const eventQueue = () => {
  let items: (Printed | 'beat')[] = []
  let dropped = 0
  let wake = (): void => {}

  return {
    put(item: Printed): void {
      if (items.length < MAX_QUEUED) items.push(item)
      else dropped += 1
      wake()
    },
    beat(): void {
      if (items.length < MAX_QUEUED) items.push('beat')
      wake()
    },
    wake: (): void => wake(),
    take(): (Printed | 'beat')[] {
      const taken = items
      if (dropped > 0) taken.push({ event: 'gap', id: null, data: { dropped } })
      items = []
      dropped = 0
      return taken
    },
    async filled(): Promise<void> {
      if (items.length > 0) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = () => {}
    },
  }
}

/** Which runs of a bot a reader has not seen. */
const newRuns = (database: Database, accountId: string, botId: string) => {
  const seen = new Set<string>()
  let newest: string | undefined

  return {
    /** @returns Whether it was not asked about before. */
    isNew(id: string): boolean {
      if (seen.has(id)) return false
      seen.add(id)
      if (newest === undefined || id > newest) newest = id
      const [oldest] = seen
      if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest)
      return true
    },
    /** From the newest run that there is; its followers have not missed it. */
    async begin(): Promise<void> {
      const [last] = await runRepo(database.db).list(accountId, botId, 1, undefined)
      if (newest === undefined) newest = last?.id ?? ''
    },
    since: (id: string): Promise<RunRow[]> => listAfter(database.db, accountId, botId, id, 'last'),
    async recorded(): Promise<RunRow[]> {
      if (newest === undefined) return []
      const found = await listAfter(database.db, accountId, botId, newest, 'first')
      return found.filter(({ id }) => !seen.has(id))
    },
  }
}

/** @returns In the order in which they ended; one more than fits when there are more. */
const listAfter = async (
  db: Db,
  accountId: string,
  botId: string,
  id: string,
  which: 'first' | 'last',
): Promise<RunRow[]> => {
  const rows = await runRepo(db).listAfter(accountId, botId, id, MAX_CAUGHT_UP + 1, which === 'last' ? 'desc' : 'asc')
  return which === 'last' ? rows.reverse() : rows
}
