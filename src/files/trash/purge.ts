import type { Database, Db } from '../../platform/db/index.ts'
import { inBatches } from '../../platform/db/index.ts'
import type { Backend } from '../backends/backend.ts'
import { blobRepo, lockBlobs } from '../files/blobs.ts'
import { shareRepo } from '../shares/repo.ts'
import type { Space } from '../spaces.ts'
import type { CountedIn, LockFigures } from '../stats/counters.ts'
import type { Addition } from '../stats/repo.ts'
import { type TrashEntry, type TrashRepo, trashRepo } from './repo.ts'

export interface PurgeParts {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  /** How long the objects stay after their last file has gone. */
  readonly graceMs: number
}

/**
 * Deletes one thing in the trash for good: rows and links now, and the objects of bytes that no file has any more when
 * the grace time is over.
 */
export const purger = ({ database, backends, graceMs }: PurgeParts) => {
  const discard = async (tx: Db, blobIds: readonly string[], at: number): Promise<void> => {
    const blobs = blobRepo(tx, backends)
    for (const batch of inBatches(blobIds))
      for (const id of await lockBlobs(tx, batch, database.dialect)) await blobs.discardUnused(id, at + graceMs)
  }

  return async (
    tx: Db,
    space: Space,
    entry: TrashEntry,
    { lock, at }: { lock: LockFigures; at: number },
  ): Promise<CountedIn<undefined>> => {
    const trash = trashRepo(tx)
    const sums = await trash.sums(space, entry.id)
    const [fileIds, folderIds] = [await trash.fileIds(space, entry.id), await trash.folderIds(space, entry.id)]
    const sharers = await sharersOf(tx, fileIds, folderIds)
    // Before the blobs: whoever copies one of these files has its figures already, and then asks for the blob.
    await lock([...sharers, ...sums.map(({ account_id }) => account_id)])
    const add = new Map<string, Addition>(sums.map((sum) => [sum.account_id, { trashBytes: -sum.size_bytes }]))
    for (const accountId of sharers) {
      const ended = await endShares(tx, accountId, fileIds, folderIds, at)
      add.set(accountId, { ...add.get(accountId), shareLinks: -ended })
    }
    await deleteRows(trash, space, entry.id, (ids) => discard(tx, ids, at))
    return { result: undefined, add }
  }
}

const deleteRows = async (
  trash: TrashRepo,
  space: Space,
  id: string,
  discard: (blobIds: readonly string[]) => Promise<void>,
): Promise<void> => {
  const blobIds = await trash.blobIds(space, id)
  await trash.deleteTree(space, id)
  await trash.delete(space, id)
  await discard(blobIds)
}

/** @returns The accounts that have made links to any of these. */
export const sharersOf = async (
  tx: Db,
  fileIds: readonly string[],
  folderIds: readonly string[],
): Promise<string[]> => {
  const found = new Set<string>()
  for (const [column, ids] of [['file_id', fileIds] as const, ['folder_id', folderIds] as const]) {
    for (const batch of inBatches(ids)) {
      const rows = await tx.selectFrom('shares').select('account_id').distinct().where(column, 'in', batch).execute()
      for (const { account_id } of rows) found.add(account_id)
    }
  }
  return [...found]
}

const endShares = async (
  tx: Db,
  accountId: string,
  fileIds: readonly string[],
  folderIds: readonly string[],
  at: number,
): Promise<number> => {
  const shares = shareRepo(tx)
  return (
    (await shares.disableOfFiles(accountId, fileIds, at)) + (await shares.disableOfFolders(accountId, folderIds, at))
  )
}
