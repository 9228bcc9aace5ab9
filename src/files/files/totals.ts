import { type Space, spaceIdOf } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import type { FileFilter, FileLists, Matches } from './lists.ts'

const KEPT = 2000

export type Totals = ReturnType<typeof totals>

/**
 * How many files match. It is counted once for each state of a place: who pages through a list asks the same again and
 * again.
 */
export const totals = (counters: Counters, lists: FileLists) => {
  const known = new Map<string, Matches>()

  /** @param inPlace How many files the place has, where a part of them may stand for all; else it is counted exactly. */
  return async (space: Space, filter: FileFilter, inPlace: number | undefined): Promise<Matches> => {
    const version = await counters.versionOf(space)
    const key = JSON.stringify([spaceIdOf(space), version, filter])
    const kept = known.get(key)
    if (kept !== undefined && (inPlace !== undefined || !kept.isEstimate)) return kept
    const counted = await lists.count(space, filter, inPlace)
    if (known.size >= KEPT) known.delete(known.keys().next().value ?? '')
    known.set(key, counted)
    return counted
  }
}
