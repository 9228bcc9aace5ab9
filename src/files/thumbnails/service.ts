import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import type { ContentService } from '../files/content.ts'
import type { StoredFile } from '../files/repo.ts'
import { THUMBNAIL_EDGES, type ThumbnailEdge, ThumbnailErrors } from './contract.ts'
import { ImageError, type ImageFacts, type ImageTools, type ImageWish } from './image-tools.ts'
import { thumbnailRepo } from './repo.ts'

export interface ThumbnailParts {
  readonly database: Database
  readonly content: Pick<ContentService, 'read'>
  readonly tools: ImageTools
  readonly clock: Clock
  readonly log: Log
  /** What all thumbnails together may occupy in the database; above it those go that were used least lately. */
  readonly keptBytes?: number
}

const KEPT_BYTES = 256 * 1024 * 1024
/** A file that is no image stays none; but another version of this program may read it. */
const UNREADABLE_MS = 7 * 86_400_000
/** The machine may have been short of something. */
const FAILED_MS = 3_600_000
const BUSY_SECONDS = 5
/** What lists and pages of a file show. */
const EARLY_EDGES: readonly ThumbnailEdge[] = [256, 512]
// Drawn by programs, and not by our decoders: SVG is code, HEIC has none that we may ship.
const NEVER = new Set(['image/svg+xml', 'image/heic', 'image/heif', 'image/x-icon', 'image/vnd.microsoft.icon'])

export type ThumbnailService = ReturnType<typeof thumbnailService>

/** Whether it is worth a look at the bytes. */
export const mayHaveThumbnail = ({ mime_type, size_bytes }: Pick<StoredFile, 'mime_type' | 'size_bytes'>): boolean =>
  mime_type.startsWith('image/') && !NEVER.has(mime_type) && size_bytes > 0

/** The smallest that is not smaller than what is asked for. */
export const edgeFor = (size: number): ThumbnailEdge => THUMBNAIL_EDGES.find((edge) => edge >= size) ?? 1024

/** Small pictures of images, made when they are first asked for, and kept. */
export const thumbnailService = ({ database, content, tools, clock, log, keptBytes = KEPT_BYTES }: ThumbnailParts) => {
  const repo = thumbnailRepo(database.db)
  const making = new Map<string, Promise<Buffer | undefined>>()

  const inspect = (file: StoredFile, wish: ImageWish): Promise<ImageFacts> =>
    tools.inspect({ sizeBytes: file.size_bytes, open: (signal) => content.read(file, { signal }) }, wish)

  /** @returns Undefined where there is none, which is then known. @throws what reading the file fails with */
  const make = async (
    file: StoredFile,
    edges: readonly ThumbnailEdge[],
    when: 'now' | 'later',
  ): Promise<readonly Buffer[] | undefined> => {
    const put = async (bytes: readonly (Buffer | null)[], retryMs: number | null) => {
      const at = clock.now().getTime()
      for (const [index, edge] of edges.entries()) {
        const retryAt = retryMs === null ? null : at + retryMs
        await repo.put(file, { edge, content: bytes[index] ?? null, retryAt }, at)
      }
    }
    try {
      const { thumbnails } = await inspect(file, { edges, when })
      const bytes = thumbnails.map((picture) => picture.bytes)
      await put(bytes, null)
      return bytes
    } catch (error) {
      if (!(error instanceof ImageError) || error.reason === 'busy') throw error
      log.info({ file: file.id, reason: error.reason, detail: error.message }, 'an image has no thumbnail')
      await put([], error.reason === 'failed' ? FAILED_MS : UNREADABLE_MS)
      return undefined
    }
  }

  /** One that is asked for by many at once is made once. */
  const makeOnce = (file: StoredFile, edge: ThumbnailEdge): Promise<Buffer | undefined> => {
    const key = `${file.sha256.toString('hex')}-${edge}`
    const known = making.get(key)
    if (known !== undefined) return known
    const made = make(file, [edge], 'now')
      .then((bytes) => bytes?.[0])
      .finally(() => making.delete(key))
    making.set(key, made)
    return made
  }

  const find = async (file: StoredFile, edge: ThumbnailEdge): Promise<Buffer | undefined> => {
    const stored = await repo.find(file.sha256, edge)
    const nowMs = clock.now().getTime()
    if (stored?.content) {
      await repo.noteUse(file.sha256, edge, stored, nowMs)
      return stored.content
    }
    return stored !== undefined && (stored.retry_at ?? 0) > nowMs ? undefined : makeOnce(file, edge)
  }

  return {
    /**
     * For who may read the file.
     *
     * @returns A WebP.
     * @throws {AppError} THUMBNAIL_NONE, THUMBNAIL_BUSY, and what reading the file fails with
     */
    async get(file: StoredFile, edge: ThumbnailEdge): Promise<Buffer> {
      try {
        const bytes = mayHaveThumbnail(file) ? await find(file, edge) : undefined
        if (bytes !== undefined) return bytes
      } catch (error) {
        if (!(error instanceof ImageError)) throw error
        throw new AppError(ThumbnailErrors.THUMBNAIL_BUSY, { retryAfterSeconds: BUSY_SECONDS, cause: error })
      }
      throw new AppError(ThumbnailErrors.THUMBNAIL_NONE)
    },

    /** Makes those of a file that lists show, when nobody waits for one. @throws {ImageError} `busy` */
    async prepare(fileId: string): Promise<void> {
      const file = await repo.findFile(fileId)
      if (file === undefined || !mayHaveThumbnail(file)) return
      const known = await repo.known(file.sha256)
      const missing = EARLY_EDGES.filter((edge) => !known.includes(edge))
      if (missing.length > 0) await make(file, missing, 'later')
    },

    /** Looks at an image that is a file: its dimensions, smaller ones of it, its pixels. Nothing of it is kept. */
    inspect,

    /** Removes what shows nothing that is still there, and what is too much. */
    async sweep(signal?: AbortSignal): Promise<void> {
      await repo.deleteOrphans()
      let total = await repo.totalBytes()
      while (total > keptBytes) {
        for (const { sha256, edge, size_bytes } of await repo.oldest()) {
          signal?.throwIfAborted()
          if (total <= keptBytes) break
          await repo.delete(sha256, edge)
          total -= size_bytes
        }
      }
    },
  }
}
