/** `unfinished`: from before a reload; it goes on when the same file is chosen again. */
export type UploadState = 'queued' | 'sending' | 'paused' | 'waiting' | 'checking' | 'done' | 'failed' | 'unfinished'

export interface UploadRow {
  readonly id: number
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly folder: string | null
  readonly team?: string | undefined
  readonly state: UploadState
  /** Bytes that have left. */
  readonly sent: number
  /** Bytes in a second, of late. */
  readonly speed: number
  /** Of `waiting`: when it goes on, in milliseconds since 1970. */
  readonly until?: number | undefined
  readonly error?: string | undefined
  /** Of `done`. */
  readonly fileId?: string | undefined
}

/** Rows by id, in the order of arrival. */
export type Uploads = ReadonlyMap<number, UploadRow>

let rows: Uploads = new Map()
let nextId = 1
const listeners = new Set<() => void>()

const set = (next: Uploads): void => {
  rows = next
  for (const listener of listeners) listener()
}

/** What is uploaded, whichever page is shown: it belongs to the window, not to a component. */
export const uploads = {
  all: (): Uploads => rows,
  get: (id: number): UploadRow | undefined => rows.get(id),
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  add(given: readonly Omit<UploadRow, 'id' | 'speed'>[]): UploadRow[] {
    const added = given.map((row) => {
      const whole = { ...row, id: nextId, speed: 0 }
      nextId += 1
      return whole
    })
    set(new Map([...rows, ...added.map((row) => [row.id, row] as const)]))
    return added
  },
  change(id: number, part: Partial<Omit<UploadRow, 'id'>>): void {
    const row = rows.get(id)
    if (row !== undefined) set(new Map(rows).set(id, { ...row, ...part }))
  },
  remove(ids: Iterable<number>): void {
    const next = new Map(rows)
    for (const id of ids) next.delete(id)
    set(next)
  },
}
