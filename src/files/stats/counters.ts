import { teamPlaces } from '../../accounts/index.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import type { Space } from '../spaces.ts'
import { commitGroups } from './commit-groups.ts'
import type { Stats } from './contract.ts'
import { type Addition, type CountersRow, counterRepo } from './repo.ts'
import { sizeText } from './size-text.ts'

/** Accounts whose figures are in memory: a few hundred bytes each. */
const KEPT_ACCOUNTS = 20_000

interface Snapshot {
  readonly row: CountersRow
  readonly stats: Stats
}

/** What a change leaves behind: its result, and what it adds to the figures of the account. */
export interface Counted<T> {
  readonly result: T
  readonly add: Addition
}

/** What a change in a place leaves behind: its result, and what it adds to the figures of each account, by id. */
export interface CountedIn<T> {
  readonly result: T
  readonly add: ReadonlyMap<string, Addition>
}

/**
 * Reads figures that nobody else changes until the end of the transaction. To be asked once, for all accounts at a
 * time: whoever waits for one account while holding another could wait forever.
 */
export type LockFigures = (accountIds: readonly string[]) => Promise<ReadonlyMap<string, CountersRow>>

export type Counters = ReturnType<typeof accountCounters>

/**
 * The figures of each account: rows that change in the transaction of what they count.
 *
 * On SQLite this process is the only writer, so it also keeps them in memory and answers from there, exactly. On
 * PostgreSQL others write too, and the row is read each time. Downloads are only noted when they happen and written
 * together by `save`; until then they are in memory, and in every answer.
 */
export const accountCounters = (database: Database) => {
  const { dialect } = database
  const repo = counterRepo(database.db)
  const transaction: <T>(work: (tx: Db) => Promise<T>) => Promise<T> =
    dialect === 'sqlite' ? commitGroups(database) : (work) => database.transaction(work)
  const snapshots = new Map<string, Snapshot>()
  const unsaved = new Map<string, number>()
  let saving: Promise<void> | undefined

  const keep = (accountId: string, row: CountersRow): Stats => {
    const known = snapshots.get(accountId)
    // Transactions end in the order of their versions; who asks the database meanwhile may come later with less.
    const newest = known !== undefined && known.row.version > row.version ? known.row : row
    if (dialect === 'postgres') return toStats(newest, 0)
    // Printed once, however often it is asked for.
    const stats = Object.freeze(toStats(newest, unsaved.get(accountId) ?? 0))
    if (known === undefined && snapshots.size >= KEPT_ACCOUNTS) snapshots.delete(snapshots.keys().next().value ?? '')
    snapshots.set(accountId, { row: newest, stats })
    return stats
  }

  const saveNow = async (): Promise<void> => {
    const batch = [...unsaved]
    const rows = await database.transaction(async (tx) => {
      const added: CountersRow[] = []
      // In one order everywhere, or two processes could wait for each other.
      for (const [accountId, downloads] of batch.toSorted(byAccount))
        added.push(await counterRepo(tx).add(accountId, { downloads }))
      return added
    })
    for (const [index, [accountId, downloads]] of batch.toSorted(byAccount).entries()) {
      const rest = (unsaved.get(accountId) ?? 0) - downloads
      if (rest > 0) unsaved.set(accountId, rest)
      else unsaved.delete(accountId)
      const row = rows[index]
      if (row !== undefined) keep(accountId, row)
    }
  }

  /** Writes the downloads that are only in memory. At most one transaction at a time, and none if there are none. */
  const save = async (): Promise<void> => {
    while (saving !== undefined) await saving
    if (unsaved.size === 0) return
    saving = saveNow().finally(() => {
      saving = undefined
    })
    await saving
  }

  /** Noted downloads are written first, so that the row alone tells everything that this process has seen. */
  const saveOwn = async (accountId: string): Promise<void> => {
    if (dialect === 'postgres' && unsaved.has(accountId)) await save()
  }

  const readStats = async (accountId: string): Promise<Stats> => {
    await saveOwn(accountId)
    return keep(accountId, await repo.find(accountId))
  }

  const lockPlace = async (tx: Db, { accountId, teamId }: Space): Promise<void> => {
    if (teamId === null) await counterRepo(tx).lock(accountId, dialect)
    else await teamPlaces(tx).noteChange(teamId)
  }

  const addAll = async (tx: Db, additions: ReadonlyMap<string, Addition>): Promise<Map<string, CountersRow>> => {
    const rows = new Map<string, CountersRow>()
    for (const [accountId, addition] of [...additions].toSorted(byAccount))
      rows.set(accountId, await counterRepo(tx).add(accountId, addition))
    return rows
  }

  const lockFigures =
    (tx: Db): LockFigures =>
    async (accountIds) => {
      const rows = new Map<string, CountersRow>()
      for (const accountId of [...new Set(accountIds)].toSorted())
        rows.set(accountId, await counterRepo(tx).lock(accountId, dialect))
      return rows
    }

  return {
    save,

    /** @returns A value, not a promise, where the figures are in memory. */
    stats: (accountId: string): Stats | Promise<Stats> => snapshots.get(accountId)?.stats ?? readStats(accountId),

    /** The figures as the database has them, in one question with whether expired links are in them: then undefined. */
    async statsWithoutExpired(accountId: string, nowMs: number): Promise<Stats | undefined> {
      await saveOwn(accountId)
      const { has_expired, ...row } = await repo.findWithExpiry(accountId, nowMs)
      return has_expired === 1 ? undefined : keep(accountId, row)
    },

    /** The figures without the downloads of the last moment. */
    row: (accountId: string): CountersRow | Promise<CountersRow> =>
      snapshots.get(accountId)?.row ?? repo.find(accountId),

    /** Notes one download. */
    countDownload(accountId: string): void {
      unsaved.set(accountId, (unsaved.get(accountId) ?? 0) + 1)
      const known = snapshots.get(accountId)
      if (known !== undefined) keep(accountId, known.row)
    },

    /**
     * Makes a change that is counted, in one transaction with the figures. Changes of one account take turns, in all
     * processes, from the first statement on.
     *
     * @param work Gets the figures before the change. What it throws undoes everything.
     */
    async change<T>(accountId: string, work: (tx: Db, before: CountersRow) => Promise<Counted<T>>): Promise<T> {
      const { result, row } = await transaction(async (tx) => {
        const counters = counterRepo(tx)
        const { result, add } = await work(tx, await counters.lock(accountId, dialect))
        return { result, row: await counters.add(accountId, add) }
      })
      keep(accountId, row)
      return result
    },

    /**
     * Makes a change to what lies in a place, in one transaction with everybody's figures. Changes of one place take
     * turns, in all processes, from the first statement on: what `work` reads of the place stays true until its end.
     *
     * @param work What it throws undoes everything.
     */
    async changeIn<T>(space: Space, work: (tx: Db, lock: LockFigures) => Promise<CountedIn<T>>): Promise<T> {
      const { result, rows } = await transaction(async (tx) => {
        await lockPlace(tx, space)
        const { result, add } = await work(tx, lockFigures(tx))
        // Also if nothing is added: the version tells that names have changed.
        const own = space.teamId === null ? [[space.accountId, {}] as const] : []
        return { result, rows: await addAll(tx, new Map([...own, ...add])) }
      })
      for (const [accountId, row] of rows) keep(accountId, row)
      return result
    },

    /** @returns The same number only while nothing in the place has changed. */
    async versionOf({ accountId, teamId }: Space): Promise<number> {
      if (teamId !== null) return teamPlaces(database.db).changes(teamId)
      return (snapshots.get(accountId)?.row ?? (await repo.find(accountId))).version
    },
  }
}

const byAccount = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

const toStats = (row: CountersRow, unsavedDownloads: number): Stats => ({
  totalFiles: row.files,
  totalSizeBytes: row.size_bytes,
  totalSizeFormatted: sizeText(row.size_bytes),
  totalDownloads: row.downloads + unsavedDownloads,
  activeShareLinks: row.share_links,
})
