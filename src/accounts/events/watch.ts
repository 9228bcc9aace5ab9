import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { type EventArea, EventErrors } from './contract.ts'

/** A text that is another one after anything that a reader of the area would see has changed. It must be cheap. */
export type Marker = (accountId: string) => Promise<string>

export interface WatchOptions {
  readonly markers: Readonly<Record<EventArea, Marker>>
  readonly log: Log
  readonly lookMs?: number
}

export type ChangeListener = (areas: readonly EventArea[]) => void
export type ChangeWatch = ReturnType<typeof changeWatch>

const LOOK_MS = 1_500
const MAX_STREAMS = 20

interface Watched {
  readonly listeners: Set<ChangeListener>
  readonly marks: Map<EventArea, string>
}

/**
 * Looks at what the accounts have that somebody watches, every second or two, and tells what is different. What another
 * process or a job has changed is found the same way; what nobody watches costs nothing.
 */
export const changeWatch = ({ markers, log, lookMs = LOOK_MS }: WatchOptions) => {
  const watched = new Map<string, Watched>()
  const closing = new AbortController()
  const areas = Object.keys(markers) as EventArea[]
  let timer: NodeJS.Timeout | undefined

  const lookAt = async (accountId: string, { listeners, marks }: Watched): Promise<void> => {
    const changed: EventArea[] = []
    for (const area of areas) {
      const mark = await markers[area](accountId)
      const before = marks.get(area)
      marks.set(area, mark)
      if (before !== undefined && before !== mark) changed.push(area)
    }
    if (changed.length > 0) for (const listener of listeners) listener(changed)
  }

  const turn = async (): Promise<void> => {
    // A database that is away for a moment is asked again at the next turn.
    for (const [accountId, entry] of watched)
      await lookAt(accountId, entry).catch((error) => log.debug({ err: error, accountId }, 'changes could not be read'))
    timer = undefined
    schedule()
  }

  const schedule = (): void => {
    if (timer === undefined && watched.size > 0 && !closing.signal.aborted) timer = setTimeout(turn, lookMs).unref()
  }

  return {
    /** Aborts when the server stops: streams end. */
    closed: closing.signal,
    close(): void {
      closing.abort()
      clearTimeout(timer)
    },
    /**
     * From now on: what changes after the promise is kept is told.
     *
     * @returns How to stop. @throws {AppError} TOO_MANY_STREAMS
     */
    async listen(accountId: string, listener: ChangeListener): Promise<() => void> {
      const entry = watched.get(accountId) ?? { listeners: new Set(), marks: new Map() }
      if (entry.listeners.size >= MAX_STREAMS) throw new AppError(EventErrors.TOO_MANY_STREAMS)
      watched.set(accountId, entry)
      entry.listeners.add(listener)
      const stop = (): void => {
        entry.listeners.delete(listener)
        if (entry.listeners.size === 0 && watched.get(accountId) === entry) watched.delete(accountId)
      }
      try {
        if (entry.marks.size < areas.length) await lookAt(accountId, entry)
      } catch (error) {
        stop()
        throw error
      }
      schedule()
      return stop
    },
  }
}
