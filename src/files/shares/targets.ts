import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { FileErrors } from '../files/contract.ts'
import { FILE_COLUMNS, fileRepo, type StoredFile } from '../files/repo.ts'
import { folderRepo, type StoredFolder } from '../folders/repo.ts'
import { SpaceErrors } from '../space-errors.ts'
import { type Space, spaceIdOf, spaceResolver } from '../spaces.ts'
import { ShareErrors } from './contract.ts'
import type { StoredShare } from './repo.ts'

type Link = Pick<StoredShare, 'account_id' | 'file_id' | 'folder_id'>

/** A folder as a link shows it. */
export interface SharedFolder {
  readonly space: Space
  readonly folder: StoredFolder
  /** From the shared folder down to this one, which is the last. */
  readonly path: readonly { readonly id: string; readonly name: string }[]
}

export type SharedFile = StoredFile & { readonly name_key: string }

/**
 * What links lead to. A link can do what whoever made it can do: when that person leaves the team, or the file goes to
 * the trash, the link leads nowhere, and it works again when they come back.
 */
export const shareTargets = (db: Db) => {
  const [files, folders, spaces] = [fileRepo(db), folderRepo(db), spaceResolver(db)]
  const gone = () => new AppError(ShareErrors.SHARE_GONE)

  const spaceOf = async (share: Link, row: { account_id: string; team_id: string | null }): Promise<Space> => {
    try {
      const space = await spaces.around({ accountId: share.account_id }, row, 'write')
      if (space !== undefined) return space
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== SpaceErrors.ROLE_TOO_SMALL.code) throw error
    }
    throw gone()
  }

  const root = async (share: Link): Promise<{ space: Space; folder: StoredFolder }> => {
    const folder = await folders.find(share.account_id, share.folder_id ?? '')
    if (folder === undefined) throw gone()
    return { folder, space: await spaceOf(share, folder) }
  }

  /** Undefined if the folder is not below the shared one. */
  const below = async (share: Link, space: Space, folderId: string) => {
    const path = await folders.path(space, folderId)
    const start = path.findIndex(({ id }) => id === share.folder_id)
    return start < 0 ? undefined : path.slice(start)
  }

  return {
    /** @throws {AppError} FILE_NOT_FOUND, ROLE_TOO_SMALL */
    async assertFile(accountId: string, id: string): Promise<void> {
      const file = await files.find(accountId, id)
      if (file === undefined || (await spaces.around({ accountId }, file, 'write')) === undefined)
        throw new AppError(FileErrors.FILE_NOT_FOUND)
    },

    /** @throws {AppError} FOLDER_NOT_FOUND, ROLE_TOO_SMALL */
    async assertFolder(accountId: string, id: string): Promise<void> {
      const folder = await folders.find(accountId, id)
      if (folder === undefined || (await spaces.around({ accountId }, folder, 'write')) === undefined)
        throw new AppError(FileErrors.FOLDER_NOT_FOUND)
    },

    /** The file of a link. @throws {AppError} SHARE_GONE */
    async file(share: Link): Promise<StoredFile> {
      const file = await files.find(share.account_id, share.file_id ?? '')
      if (file === undefined) throw gone()
      await spaceOf(share, file)
      return file
    },

    /** Where the files of a request go. @throws {AppError} SHARE_GONE */
    root,

    /** @throws {AppError} SHARE_GONE, SHARE_FILE_NOT_FOUND */
    async fileIn(share: Link, id: string): Promise<StoredFile> {
      const { space } = await root(share)
      const file = await files.findIn(space, id)
      if (file?.folder_id == null || (await below(share, space, file.folder_id)) === undefined)
        throw new AppError(ShareErrors.SHARE_FILE_NOT_FOUND)
      return file
    },

    /** The shared folder, or one below it. @throws {AppError} SHARE_GONE, SHARE_FILE_NOT_FOUND */
    async folder(share: Link, id?: string): Promise<SharedFolder> {
      const top = await root(share)
      if (id === undefined || id === top.folder.id)
        return { ...top, path: [{ id: top.folder.id, name: top.folder.name }] }
      const [folder, path] = [await folders.findIn(top.space, id), await below(share, top.space, id)]
      if (folder === undefined || path === undefined) throw new AppError(ShareErrors.SHARE_FILE_NOT_FOUND)
      return { space: top.space, folder, path }
    },

    folders: ({ space, folder }: SharedFolder, afterKey: string, limit: number) =>
      // Behind every id: names are unique in a folder, so the key alone says where to go on.
      folders.list(space, { parentId: folder.id, after: { key: afterKey, id: '~' }, limit }),

    /** Sorted by name. */
    files: ({ space, folder }: SharedFolder, afterKey: string, limit: number): Promise<SharedFile[]> =>
      db
        .selectFrom('files')
        .where('files.space_id', '=', spaceIdOf(space))
        .where('files.folder_key', '=', folder.id)
        .where('files.trashed_at', 'is', null)
        .where('files.name_key', '>', afterKey)
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(FILE_COLUMNS)
        .select('files.name_key')
        .orderBy('files.name_key')
        .limit(limit)
        .execute(),
  }
}
