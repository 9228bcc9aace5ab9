import { z } from 'zod'
import type { Database } from '../../platform/db/index.ts'
import { defineJob, type JobQueue, Postpone } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { StoredFile } from '../files/repo.ts'
import { ImageError } from './image-tools.ts'
import { mayHaveThumbnail, type ThumbnailService } from './service.ts'

export const thumbnailJob = defineJob({
  name: 'files.thumbnail',
  payload: z.object({ file_id: z.string() }),
  // Who asks for one later has it made then.
  attempts: 2,
  concurrency: 1,
})

const GATHER_MS = 500
const MOST_GATHERED = 1000
const BUSY_MS = 30_000

export interface ThumbnailJobParts {
  readonly database: Database
  readonly jobs: JobQueue
  readonly thumbnails: ThumbnailService
  readonly log: Log
}

/**
 * Has thumbnails made of what was uploaded. No upload waits for it or fails with it: files are noted when they are
 * there, and those of half a second become jobs together.
 */
export const thumbnailJobs = ({ database, jobs, thumbnails, log }: ThumbnailJobParts) => {
  const gathered: string[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const ids = gathered.splice(0)
    if (ids.length === 0) return
    await database
      .transaction(async (tx) => {
        for (const id of ids) await jobs.enqueue(tx, thumbnailJob, { file_id: id }, { key: id, priority: -1 })
      })
      .catch((error: unknown) =>
        log.warn({ err: error }, 'thumbnails could not be ordered; they are made when asked for'),
      )
  }

  jobs.handle(thumbnailJob, async ({ file_id }) => {
    try {
      await thumbnails.prepare(file_id)
    } catch (error) {
      throw error instanceof ImageError ? new Postpone(BUSY_MS) : error
    }
  })

  return {
    note(file: Pick<StoredFile, 'id' | 'mime_type' | 'size_bytes'>): void {
      if (!mayHaveThumbnail(file) || gathered.length >= MOST_GATHERED) return
      gathered.push(file.id)
      timer ??= setTimeout(() => {
        writing = write()
      }, GATHER_MS).unref()
    },

    async stop(): Promise<void> {
      await writing
      await write()
    },
  }
}
