import { Readable } from 'node:stream'
import { type Caller, type Route, reply, route, type Scope, scopeBit } from '../../platform/http/index.ts'
import { EVENT_AREAS, type EventArea, followEvents } from './contract.ts'
import type { ChangeWatch } from './watch.ts'

const HEARTBEAT_MS = 15_000

const READ: Readonly<Record<Exclude<EventArea, 'account'>, Scope>> = {
  files: 'files:read',
  bots: 'bots:read',
  cards: 'cards:read',
}

/** Keys see of an account what their scopes let them read, and nothing of the account itself. */
const areasOf = ({ kind, scopes }: Caller): EventArea[] =>
  EVENT_AREAS.filter((area) => (area === 'account' ? kind === 'session' : (scopes & scopeBit(READ[area])) !== 0))

export const eventRoutes = (watch: ChangeWatch): Route[] => [
  route(followEvents, async ({ caller, request }) => {
    const changes = changeQueue(areasOf(caller))
    const stop = await watch.listen(caller.accountId, changes.put)
    const ended = AbortSignal.any([request.signal, watch.closed])
    const stream = Readable.from(pieces(changes, stop, ended), { objectMode: false })
    // Who leaves before the first byte was asked for leaves nobody behind who would stop.
    stream.once('close', stop)
    // Proxies must hand each event on as it comes.
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
    return reply(200, stream, headers)
  }),
]

async function* pieces(changes: ChangeQueue, stop: () => void, ended: AbortSignal): AsyncGenerator<string> {
  const heart = setInterval(changes.beat, HEARTBEAT_MS)
  ended.addEventListener('abort', changes.wake, { once: true })
  try {
    yield `event: ready\ndata: ${JSON.stringify({ areas: changes.followed })}\n\n`
    while (!ended.aborted) {
      const { areas, isBeat } = changes.take()
      if (areas.length > 0) yield `event: change\ndata: ${JSON.stringify({ areas })}\n\n`
      else if (isBeat) yield ': still here\n\n'
      await changes.filled()
    }
  } finally {
    stop()
    clearInterval(heart)
    ended.removeEventListener('abort', changes.wake)
  }
}

type ChangeQueue = ReturnType<typeof changeQueue>

/** What a slow reader has not seen yet: each area once, however often it changed. */
const changeQueue = (followed: readonly EventArea[]) => {
  const waiting = new Set<EventArea>()
  let isBeat = false
  let woken = Promise.withResolvers<void>()
  const wake = (): void => woken.resolve()

  return {
    followed,
    wake,
    put(areas: readonly EventArea[]): void {
      for (const area of areas) if (followed.includes(area)) waiting.add(area)
      if (waiting.size > 0) wake()
    },
    beat(): void {
      isBeat = true
      wake()
    },
    take(): { areas: EventArea[]; isBeat: boolean } {
      const taken = { areas: [...waiting], isBeat }
      waiting.clear()
      isBeat = false
      return taken
    },
    async filled(): Promise<void> {
      await woken.promise
      woken = Promise.withResolvers<void>()
    },
  }
}
