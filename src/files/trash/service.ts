import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { parseCursor, toCursor } from '../cursors.ts'
import { FileErrors } from '../files/contract.ts'
import { toMoment } from '../files/present.ts'
import { fileRepo, type StoredFile } from '../files/repo.ts'
import { folderRepo, MAX_DEPTH, type StoredFolder } from '../folders/repo.ts'
import { placeResolver } from '../places.ts'
import { type Actor, type Need, type Space, spaceIdOf, spaceResolver } from '../spaces.ts'
import type { CountedIn, Counters } from '../stats/counters.ts'
import type { Addition } from '../stats/repo.ts'
import { type Purged, TrashErrors, type TrashItem, type TrashPage } from './contract.ts'
import { purger } from './purge.ts'
import { type TrashEntry, type TrashedRow, type TrashedSum, trashRepo } from './repo.ts'

const SWEEP_BATCH = 100

export interface TrashServiceParts {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly counters: Counters
  readonly clock: Clock
  readonly log: Log
  /** How long things stay in the trash. */
  readonly keptMs: number
  /** How long the objects of purged files stay. */
  readonly graceMs: number
}

const nothing = async (_tx: Db): Promise<void> => {}

export type TrashService = ReturnType<typeof trashService>

/** Where deleted things wait: out of every list and sum, but not of the quota, until they come back or are purged. */
export const trashService = (parts: TrashServiceParts) => {
  const { database, counters, clock, log, keptMs } = parts
  const trash = trashRepo(database.db)
  const spaces = spaceResolver(database.db)
  const purgeEntry = purger(parts)
  const nowMs = (): number => clock.now().getTime()

  const around = async <Row extends { readonly account_id: string; readonly team_id: string | null }>(
    actor: Actor,
    row: Row | undefined,
    missing: (typeof FileErrors)['FILE_NOT_FOUND'],
    needed: Need = 'delete',
  ): Promise<{ row: Row; space: Space }> => {
    const space = row && (await spaces.around(actor, row, needed))
    if (row === undefined || space === undefined) throw new AppError(missing)
    return { row, space }
  }

  const present = (entry: TrashEntry): TrashItem => ({
    id: entry.id,
    kind: entry.kind,
    name: entry.name,
    team_id: entry.team_id,
    files: entry.files,
    folders: entry.folders,
    size_bytes: entry.size_bytes,
    trashed_at: toMoment(entry.trashed_at),
    purged_after: toMoment(entry.trashed_at + keptMs),
  })

  const purgeOne = (space: Space, id: string): Promise<TrashEntry | undefined> =>
    counters.changeIn(space, async (tx, lock) => {
      const entry = await trashRepo(tx).findIn(space, id)
      if (entry === undefined) return { result: undefined, add: new Map() }
      const { add } = await purgeEntry(tx, space, entry, { lock, at: nowMs() })
      return { result: entry, add }
    })

  return {
    /** @param before Called in the transaction, and may refuse. @throws {AppError} FILE_NOT_FOUND, ROLE_TOO_SMALL */
    async trashFile(actor: Actor, id: string, before = nothing): Promise<TrashItem> {
      const { space } = await around(
        actor,
        await fileRepo(database.db).find(actor.accountId, id),
        FileErrors.FILE_NOT_FOUND,
      )
      return counters.changeIn(space, async (tx) => {
        await before(tx)
        const file = await fileRepo(tx).findIn(space, id)
        if (file === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
        const { result, add } = await putFileIntoTrash(tx, space, file, nowMs())
        return { result: present(result), add }
      })
    },

    /** @param before Called in the transaction, and may refuse. @throws {AppError} FOLDER_NOT_FOUND, ROLE_TOO_SMALL */
    async trashFolder(actor: Actor, id: string, before = nothing): Promise<TrashItem> {
      const { space } = await around(
        actor,
        await folderRepo(database.db).find(actor.accountId, id),
        FileErrors.FOLDER_NOT_FOUND,
      )
      return counters.changeIn(space, async (tx) => {
        await before(tx)
        const folder = await folderRepo(tx).findIn(space, id)
        if (folder === undefined) throw new AppError(FileErrors.FOLDER_NOT_FOUND)
        const { result, add } = await putFolderIntoTrash(tx, space, folder, nowMs())
        return { result: present(result), add }
      })
    },

    /** @throws {AppError} FILE_NOT_FOUND, ROLE_TOO_SMALL */
    async restoreFile(actor: Actor, id: string): Promise<StoredFile> {
      const { space } = await around(actor, await trash.findFile(actor.accountId, id), FileErrors.FILE_NOT_FOUND)
      return counters.changeIn(space, async (tx) => {
        const repo = trashRepo(tx)
        const row = await repo.findFile(actor.accountId, id)
        if (row === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
        await repo.restoreFile(space, id, await wayBack(tx, space, row, 'file', nowMs()))
        if (row.trash_id === id) await repo.delete(space, id)
        else await repo.shrink(space, row.trash_id, row.size_bytes)
        const file = await fileRepo(tx).findIn(space, id)
        if (file === undefined) throw new Error('A file did not come back.')
        return { result: file, add: moved(space, [{ ...row, files: 1 }], 1) }
      })
    },

    /** @throws {AppError} FOLDER_NOT_FOUND, ROLE_TOO_SMALL, TRASHED_WITH_FOLDER */
    async restoreFolder(actor: Actor, id: string): Promise<StoredFolder> {
      const { space } = await around(actor, await trash.findFolder(actor.accountId, id), FileErrors.FOLDER_NOT_FOUND)
      return counters.changeIn(space, async (tx) => {
        const repo = trashRepo(tx)
        const row = await repo.findFolder(actor.accountId, id)
        if (row === undefined) throw new AppError(FileErrors.FOLDER_NOT_FOUND)
        if (row.trash_id !== id)
          throw new AppError(TrashErrors.TRASHED_WITH_FOLDER, { details: { folder_id: row.trash_id } })
        const sums = await repo.sums(space, id)
        await repo.restoreTree(space, id, await wayBack(tx, space, row, 'folder', nowMs()))
        await repo.delete(space, id)
        const folder = await folderRepo(tx).findIn(space, id)
        if (folder === undefined) throw new Error('A folder did not come back.')
        return { result: folder, add: moved(space, sums, 1) }
      })
    },

    /** @throws {AppError} TEAM_NOT_FOUND; INVALID_INPUT for a cursor of another list */
    async list(actor: Actor, teamId: string | undefined, limit: number, cursor = ''): Promise<TrashPage> {
      const space = await spaces.of(actor, teamId, 'read')
      const list = ['trash', spaceIdOf(space)]
      const after = cursor === '' ? undefined : parseCursor(cursor, list, 'number')
      const position = after && { value: Number(after.value), id: after.id }
      const found = await trash.list(space, { after: position, limit: limit + 1 })
      const last = found.length > limit ? found[limit - 1] : undefined
      return {
        items: found.slice(0, limit).map(present),
        next_cursor: last === undefined ? null : toCursor({ value: last.trashed_at, id: last.id }, list),
      }
    },

    /** @throws {AppError} TRASH_NOT_FOUND, ROLE_TOO_SMALL */
    async purge(actor: Actor, id: string): Promise<Purged> {
      const { space } = await around(actor, await trash.find(actor.accountId, id), TrashErrors.TRASH_NOT_FOUND)
      const entry = await purgeOne(space, id)
      if (entry === undefined) throw new AppError(TrashErrors.TRASH_NOT_FOUND)
      return toPurged([entry])
    },

    /** What was in the trash when this began. @throws {AppError} TEAM_NOT_FOUND, ROLE_TOO_SMALL */
    async purgeAll(actor: Actor, teamId: string | undefined): Promise<Purged> {
      const space = await spaces.of(actor, teamId, 'delete')
      const [until, purged] = [nowMs(), [] as TrashEntry[]]
      let after: { value: number; id: string } | undefined
      for (;;) {
        const page = await trash.list(space, { after, limit: SWEEP_BATCH })
        for (const { id, trashed_at } of page) {
          const entry = trashed_at <= until ? await purgeOne(space, id) : undefined
          if (entry !== undefined) purged.push(entry)
        }
        const last = page.at(-1)
        if (last === undefined) return toPurged(purged)
        after = { value: last.trashed_at, id: last.id }
      }
    },

    /** Purges what has been in the trash for longer than it stays there. @returns How many things. */
    async sweep(signal?: AbortSignal): Promise<number> {
      let purged = 0
      for (;;) {
        const due = await trash.older(nowMs() - keptMs, SWEEP_BATCH)
        for (const { id, account_id, team_id } of due) {
          signal?.throwIfAborted()
          const entry = await purgeOne({ accountId: account_id, teamId: team_id }, id)
          if (entry !== undefined) purged += 1
        }
        if (due.length < SWEEP_BATCH) break
      }
      if (purged > 0) log.info({ purged }, 'the trash was emptied of what had been there long enough')
      return purged
    },
  }
}

/**
 * In a transaction of the place: takes a file out of sight. Its links stay as they are and lead nowhere meanwhile.
 *
 * @param at Now, in milliseconds.
 */
export const putFileIntoTrash = async (
  tx: Db,
  space: Space,
  file: StoredFile,
  at: number,
): Promise<CountedIn<TrashEntry>> => {
  const entry: TrashEntry = {
    id: file.id,
    kind: 'file',
    account_id: space.accountId,
    team_id: space.teamId,
    name: file.name,
    files: 1,
    folders: 0,
    size_bytes: file.size_bytes,
    trashed_at: at,
  }
  await trashRepo(tx).trashFile(space, file.id, at)
  await trashRepo(tx).insert(entry)
  return { result: entry, add: moved(space, [{ ...file, files: 1 }], -1) }
}

/** The same for a folder with everything in it. */
export const putFolderIntoTrash = async (
  tx: Db,
  space: Space,
  { id, name }: StoredFolder,
  at: number,
): Promise<CountedIn<TrashEntry>> => {
  const repo = trashRepo(tx)
  const folders = await repo.trashTree(space, id, at)
  const sums = await repo.sums(space, id)
  const entry: TrashEntry = {
    id,
    kind: 'folder',
    account_id: space.accountId,
    team_id: space.teamId,
    name,
    files: sums.reduce((sum, { files }) => sum + files, 0),
    folders,
    size_bytes: sums.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
    trashed_at: at,
  }
  await repo.insert(entry)
  return { result: entry, add: moved(space, sums, -1) }
}

/** @param sign 1 for what comes out of the trash, -1 for what goes there. */
const moved = ({ teamId }: Space, sums: readonly TrashedSum[], sign: 1 | -1): Map<string, Addition> =>
  new Map(
    sums.map(({ account_id, files, size_bytes }) => [
      account_id,
      {
        files: sign * files,
        sizeBytes: sign * size_bytes,
        teamFiles: teamId === null ? 0 : sign * files,
        trashBytes: -sign * size_bytes,
      },
    ]),
  )

/** Where it was, or the top if that is gone or would be too deep now. */
const wayBack = async (tx: Db, space: Space, row: TrashedRow, kind: 'file' | 'folder', at: number) => {
  const folders = folderRepo(tx)
  const parent = row.folder_id === null ? undefined : await folders.findIn(space, row.folder_id)
  const isDeep =
    parent !== undefined && kind === 'folder'
      ? (await folders.path(space, parent.id)).length + (await trashRepo(tx).height(space, row.id)) > MAX_DEPTH
      : false
  const folderId = parent === undefined || isDeep ? null : parent.id
  const name = await placeResolver(tx).freeName({ space, folderId }, row.name, kind)
  return { folderId, name, at }
}

const toPurged = (entries: readonly TrashEntry[]): Purged => ({
  success: true,
  files: entries.reduce((sum, { files }) => sum + files, 0),
  folders: entries.reduce((sum, { folders }) => sum + folders, 0),
  size_bytes: entries.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
})
