import type { StorageBackend } from '../../../../src/files/storage/contract.ts'
import type { UploadRow, UploadState, Uploads } from './store.ts'

const ACTIVE: readonly UploadState[] = ['queued', 'sending', 'paused', 'waiting', 'checking']

export const isActive = ({ state }: UploadRow): boolean => ACTIVE.includes(state)

export interface Totals {
  readonly count: number
  readonly done: number
  readonly failed: number
  readonly active: number
  readonly sent: number
  readonly size: number
  /** Bytes in a second, of all together. */
  readonly speed: number
  /** Undefined while nobody can say. */
  readonly secondsLeft: number | undefined
}

const sum = (rows: readonly UploadRow[], of: (row: UploadRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0)

/** All uploads of the window together; those from before a reload count when they go on. */
export const totalsOf = (uploads: Uploads): Totals => {
  const rows = [...uploads.values()].filter(({ state }) => state !== 'unfinished')
  const running = rows.filter(({ state }) => state === 'sending')
  const [sent, size] = [sum(rows, (row) => row.sent), sum(rows, (row) => row.size)]
  const speed = sum(running, (row) => row.speed)
  const left = sum(
    rows.filter(({ state }) => ['sending', 'queued'].includes(state)),
    (row) => row.size - row.sent,
  )
  return {
    count: rows.length,
    done: rows.filter(({ state }) => state === 'done').length,
    failed: rows.filter(({ state }) => state === 'failed').length,
    active: rows.filter(isActive).length,
    sent,
    size,
    speed,
    secondsLeft: speed > 0 ? Math.ceil(left / speed) : undefined,
  }
}

/** What moves first, then what needs somebody, then what is done, the latest first. */
const ORDER: readonly UploadState[] = [
  'sending',
  'checking',
  'waiting',
  'failed',
  'unfinished',
  'paused',
  'queued',
  'done',
]

export const inOrder = (uploads: Uploads): UploadRow[] =>
  [...uploads.values()].sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.state === 'done' ? b.id - a.id : a.id - b.id),
  )

const SMOOTHING = 0.3

/** Follows the speed of one upload, without the jumps of single packets. */
export const speedometer = () => {
  let last: { readonly bytes: number; readonly atMs: number } | undefined
  let speed = 0
  /** @returns Bytes in a second. */
  return (bytes: number, atMs: number): number => {
    if (last !== undefined && atMs > last.atMs) {
      const now = Math.max(0, ((bytes - last.bytes) * 1000) / (atMs - last.atMs))
      speed = speed === 0 ? now : speed + SMOOTHING * (now - speed)
    }
    last = { bytes, atMs }
    return speed
  }
}

/**
 * Until when a storage has to wait for Telegram, if it has.
 *
 * @returns Milliseconds since 1970, and the storage; undefined if nothing waits.
 */
export const floodWait = (
  backends: readonly Pick<StorageBackend, 'name' | 'sending'>[],
  nowMs: number,
): { readonly name: string; readonly until: number } | undefined => {
  const waits = backends.flatMap(({ name, sending }) => {
    if (sending === null || sending.waiting === 0) return []
    const free = sending.lanes.map(({ next_free_at }) => (next_free_at === null ? 0 : Date.parse(next_free_at)))
    const lanes = sending.lanes.some(({ state }) => state === 'open') || free.length === 0 ? 0 : Math.min(...free)
    const paused = sending.paused_until === null ? 0 : Date.parse(sending.paused_until)
    const until = Math.max(lanes, paused)
    return until > nowMs ? [{ name, until }] : []
  })
  return waits.sort((a, b) => a.until - b.until)[0]
}
