import type { TelegramContext } from './context.ts'
import type { Reconciler } from './reconcile.ts'
import type { Standing } from './standing.ts'

const CHECK_SECONDS = 600
/** So long somebody may still find out what strays belong to: as long as the bytes of purged files stay. */
const STRAY_SECONDS = 7 * 24 * 3600
/** Deletions that follow each other closely go out together. */
const GATHER_MS = 100

export interface MaintenanceOptions {
  readonly context: TelegramContext
  readonly standing: Standing
  readonly reconcile: Reconciler
  readonly remove: (chatId: number, signal?: AbortSignal) => Promise<void>
  readonly onUnreachable: (locators: readonly string[]) => Promise<void>
  /** 0: only when told. */
  readonly everyMs: number
}

/** What has to be done beside the calls, in every process: each looks after its own lanes. */
export const startMaintenance = (options: MaintenanceOptions) => {
  const { context, standing, reconcile, remove, onUnreachable, everyMs } = options
  const { rows, lanes, book, chatIds, clock, log, secondMs } = context
  const stopping = new AbortController()
  let checkedMs = clock.monotonicMs()
  let running: Promise<void> = Promise.resolve()
  let waking: NodeJS.Timeout | undefined

  /** Tells of objects in channels that none of our bots sees any more, and takes it back when one does. */
  const watchReach = async (): Promise<void> => {
    for (const chatId of chatIds) {
      const canSee = lanes.canSeeChat(chatId)
      for (;;) {
        const ids = await rows.ofChat(chatId, canSee ? 'unreachable' : 'stored')
        if (ids.length === 0) break
        if (!canSee) await onUnreachable(ids)
        await rows.setState(ids, canSee ? 'stored' : 'unreachable')
        log.warn(
          { chat: chatId, objects: ids.length },
          canSee ? 'objects can be reached again' : 'objects cannot be reached any more',
        )
      }
    }
  }

  /** Gives up what lies in our channels, was made by us, and belongs to nothing, a week after it was found. */
  const dropStrays = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted()
      const listed = await rows.oldStrays(clock.now().getTime() - STRAY_SECONDS * secondMs)
      if (listed.length === 0) return
      const gone = await rows.settleStrays(listed)
      log.info({ objects: gone, adopted: listed.length - gone.length }, 'objects that belong to nothing are deleted')
    }
  }

  const work = async (signal: AbortSignal): Promise<void> => {
    if (clock.monotonicMs() - checkedMs > CHECK_SECONDS * secondMs) {
      checkedMs = clock.monotonicMs()
      await standing.checkAll()
    }
    await watchReach()
    for (const chatId of chatIds) await reconcile.settle(chatId, signal)
    await dropStrays(signal)
    for (const chatId of await rows.dueChats()) await remove(chatId, signal)
    await book.refresh()
    await lanes.releaseIdle()
  }

  const now = (signal?: AbortSignal): Promise<void> => {
    const both = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal])
    const mine = running.then(() => work(both))
    running = mine.catch(() => {})
    return mine
  }
  let waiting = 0
  const quietly = (): void => {
    // One that waits sees all that another would.
    if (waiting > 1) return
    waiting += 1
    now()
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the upkeep of the Telegram channels failed')
      })
      .finally(() => {
        waiting -= 1
      })
  }
  const timer = everyMs > 0 ? setInterval(quietly, everyMs).unref() : undefined

  return {
    now,
    /** There is something to delete. */
    wake(): void {
      if (everyMs === 0 || stopping.signal.aborted) return
      waking ??= setTimeout(() => {
        waking = undefined
        quietly()
      }, GATHER_MS).unref()
    },
    async stop(): Promise<void> {
      clearInterval(timer)
      clearTimeout(waking)
      stopping.abort(new Error('The server is stopping.'))
      await running
    },
  }
}
