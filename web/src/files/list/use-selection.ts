import { useState } from 'react'
import { type Entry, idOf } from '../entry.ts'

export interface Selection {
  readonly chosen: ReadonlyMap<string, Entry>
  /** The row that keys act on. */
  readonly at: number
  readonly goTo: (row: number) => void
  readonly toggle: (row: number) => void
  readonly only: (row: number) => void
  /** From where the last choice began. */
  readonly rangeTo: (row: number) => void
  readonly choose: (entries: readonly Entry[]) => void
  readonly clear: () => void
}

interface Rows {
  readonly count: number
  readonly entryAt: (row: number) => Entry | undefined
  /** Waits until the rows are here. @returns Those entries. */
  readonly load: (first: number, last: number) => Promise<readonly Entry[]>
}

const NONE: ReadonlyMap<string, Entry> = new Map()

/** What is chosen in a list, by keys and clicks as in a file manager. @param place Another place: nothing is chosen. */
export const useSelection = ({ count, entryAt, load }: Rows, place: string): Selection => {
  const [state, setState] = useState({ place, chosen: NONE, at: 0, anchor: 0 })
  const now = state.place === place ? state : { place, chosen: NONE, at: 0, anchor: 0 }
  const bound = (row: number): number => Math.max(0, Math.min(row, count - 1))

  const choose = (entries: readonly Entry[]): void =>
    setState({ ...now, chosen: new Map(entries.map((entry) => [idOf(entry), entry])) })

  return {
    chosen: now.chosen,
    at: bound(now.at),
    goTo: (row) => setState({ ...now, at: bound(row) }),
    toggle(row) {
      const entry = entryAt(row)
      if (entry === undefined) return
      const chosen = new Map(now.chosen)
      if (!chosen.delete(idOf(entry))) chosen.set(idOf(entry), entry)
      setState({ ...now, chosen, at: row, anchor: row })
    },
    only(row) {
      const entry = entryAt(row)
      setState({ ...now, chosen: entry === undefined ? NONE : new Map([[idOf(entry), entry]]), at: row, anchor: row })
    },
    rangeTo(wanted) {
      const row = bound(wanted)
      const [first, last] = [Math.min(now.anchor, row), Math.max(now.anchor, row)]
      setState({ ...now, at: row })
      void load(first, last + 1).then((entries) =>
        setState((later) =>
          later.place === place ? { ...later, chosen: new Map(entries.map((entry) => [idOf(entry), entry])) } : later,
        ),
      )
    },
    choose,
    clear: () => setState({ ...now, chosen: NONE }),
  }
}
