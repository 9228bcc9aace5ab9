import type { FilesArea } from '../../files/index.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { uploadRepo } from './repo.ts'

/** What cards need of the files area. */
export type CardFiles = Pick<FilesArea, 'files' | 'folders' | 'trash' | 'uploads' | 'content'>

/** Where attachments lie. With a number where a file had the name already. */
export const FOLDER_NAME = 'Cards'
const OURS = /^Cards(?: \(\d+\))?$/
const BATCH = 100

export interface ReleaseParts {
  readonly database: Database
  readonly files: CardFiles
  readonly log: Log
}

export type FileReleases = ReturnType<typeof fileReleases>

/**
 * Deletes files that cards have let go of. What is due is in the database, so that it happens also after a crash; a file
 * stays if a card holds it, or if a person has put it elsewhere.
 */
export const fileReleases = ({ database, files, log }: ReleaseParts) => {
  const repo = uploadRepo(database.db)
  let running: Promise<void> | undefined
  let again = false

  const releaseOne = async (accountId: string, fileId: string): Promise<void> => {
    if ((await repo.holderOf(fileId)) === undefined) await deleteFile(accountId, fileId)
    await repo.forgetRelease(fileId)
  }

  const deleteFile = async (accountId: string, fileId: string): Promise<void> => {
    try {
      const file = await files.files.find(accountId, fileId)
      if (file.team_id !== null || file.folder_id === null) return
      const { folder } = await files.folders.get({ accountId }, file.folder_id, 'write')
      if (folder.parent_id !== null || !OURS.test(folder.name)) return
      await files.trash.trashFile({ accountId }, fileId)
      await files.trash.purge({ accountId }, fileId)
    } catch (error) {
      // Gone, or in the trash of files, which is emptied by itself.
      if (!(error instanceof AppError) || error.status !== 404) throw error
    }
  }

  const run = async (signal?: AbortSignal): Promise<void> => {
    for (;;) {
      const due = await repo.released(BATCH)
      for (const { account_id, file_id } of due) {
        signal?.throwIfAborted()
        await releaseOne(account_id, file_id)
      }
      if (due.length < BATCH) return
    }
  }

  const runUntilDone = async (): Promise<void> => {
    do {
      again = false
      await run()
    } while (again)
  }

  return {
    /** Deletes all that is due. */
    run,

    /** The same, without anybody waiting for it; what fails is tried again by the duty. */
    soon(): void {
      again = true
      running ??= runUntilDone()
        .catch((error: unknown) => log.warn({ err: error }, 'a file that no card needs could not be deleted yet'))
        .finally(() => {
          running = undefined
        })
    },

    /** Waits for what `soon` began. */
    idle: async (): Promise<void> => running,
  }
}
