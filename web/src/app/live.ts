import { useEffect } from 'react'
import { followEvents } from '../../../src/accounts/events/contract.ts'
import { api, queries } from '../api.ts'

const FIRST_WAIT_MS = 2_000
const MAX_WAIT_MS = 60_000

const areasIn = (data: unknown): string[] => {
  try {
    const told: unknown = JSON.parse(String(data))
    const areas: unknown = typeof told === 'object' && told !== null ? Reflect.get(told, 'areas') : undefined
    return Array.isArray(areas) ? areas.filter((area) => typeof area === 'string') : []
  } catch {
    return []
  }
}

/** What was loaded of an area is loaded again where it is in sight, and when it comes in sight. */
const refresh = (areas: readonly string[]): void => {
  for (const area of areas) void queries.invalidateQueries({ queryKey: [area] })
}

/**
 * Follows what changes in the account, wherever it was changed. Only while the tab is in sight: browsers allow a handful
 * of connections to a server, and a tab that comes back asks for what is old by itself.
 */
export const useLiveUpdates = (): void => {
  useEffect(() => {
    let stream: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let waitMs = FIRST_WAIT_MS
    let wasReady = false
    const close = (): void => {
      clearTimeout(timer)
      stream?.close()
      stream = undefined
    }
    const open = (): void => {
      close()
      if (document.hidden) return
      stream = new EventSource(api.url(followEvents, {}))
      stream.addEventListener('ready', ({ data }) => {
        waitMs = FIRST_WAIT_MS
        // What changed while nobody listened is not told.
        if (wasReady) refresh(areasIn(data))
        wasReady = true
      })
      stream.addEventListener('change', ({ data }) => refresh(areasIn(data)))
      stream.addEventListener('error', () => {
        close()
        timer = setTimeout(open, waitMs)
        waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)
      })
    }
    const onVisible = (): void => (document.hidden ? close() : open())
    open()
    document.addEventListener('visibilitychange', onVisible)
    addEventListener('online', open)
    return () => {
      close()
      document.removeEventListener('visibilitychange', onVisible)
      removeEventListener('online', open)
    }
  }, [])
}
