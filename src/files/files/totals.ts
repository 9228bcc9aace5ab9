import { type Space, spaceIdOf } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import type { FileFilter, FileLists, Matches } from './lists.ts'

const KEPT = 2000

export type Totals = ReturnType<typeof totals>

/**
 * How many files match, exactly. It is counted once for each state of a place: who pages through a list asks the same
 * again and again, and to count half a million names takes longer than to show fifty.
 */
export const totals = (counters: Counters, lists: FileLists) => {
  const known = new Map<string, Matches>()

  return async (space: Space, filter: FileFilter): Promise<Matches> => {
    const version = await counters.versionOf(space)
    const key = JSON.stringify([spaceIdOf(space), version, filter])
    const kept = known.get(key)
    if (kept !== undefined) return kept
    const counted = await lists.count(space, filter)
    if (known.size >= KEPT) known.delete(known.keys().next().value ?? '')
    known.set(key, counted)
    return counted
  }
}
