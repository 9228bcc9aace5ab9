import { planRepo } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { Failures } from '../../platform/http/index.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import type { OnConflict } from '../files/contract.ts'
import type { ObjectWriters } from '../files/object-writers.ts'
import { quotaExceeded, type Uploads } from '../files/uploads.ts'
import { uploadCompactor } from './compact.ts'
import { UploadErrors } from './contract.ts'
import { uploadFinisher } from './finish.ts'
import { uploadHashes } from './hashes.ts'
import { type Hold, type Progress, uploadHolds } from './holds.ts'
import { type Incoming, type Received, type ReceiverOptions, uploadReceiver } from './receive.ts'
import { type UploadChunkRow, type UploadKind, type UploadRow, uploadRepo } from './repo.ts'
import { isComplete, toDraft, toUpload } from './row.ts'

const DAY_MS = 24 * 60 * 60_000
/** Enough for a folder of a few thousand files that is dropped on a window at once. */
const MOST_OPEN = 10_000
const EXPIRED_BATCH = 100
const LOCATORS_PER_STATEMENT = 500

export interface ResumableOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  /** Where new chunks go: the backend of `writers`. */
  readonly chunkBackend: string
  readonly writers: ObjectWriters
  readonly uploads: Pick<Uploads, 'adopt' | 'assertWanted' | 'room'>
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
  readonly expiresDays: number
  readonly sizes?: ReceiverOptions['sizes']
  readonly stalledMs?: number
}

export interface NewUpload {
  readonly kind: UploadKind
  /** Undefined if it is said later. */
  readonly sizeBytes: number | undefined
  /** From `parseFileName`. */
  readonly name: string
  readonly mediaType: string
  readonly folderId: string | undefined
  readonly teamId: string | undefined
  readonly onConflict: OnConflict
  readonly sha256?: Buffer | undefined
  readonly metadata?: string | undefined
  readonly concat?: string | undefined
}

/** Bytes for an upload, from a request or from elsewhere. */
export interface Piece extends Omit<Incoming, 'maxBytes'> {
  /** Where the sender believes the upload to be. */
  readonly offset: number
  /** The length of the whole, where it is said only now. */
  readonly sizeBytes?: number | undefined
  readonly progress?: Progress | undefined
  /** Called when all bytes have arrived and the answer may take long: they may have to be read again. */
  readonly onComplete?: (() => void) | undefined
}

export type ResumableUploads = ReturnType<typeof resumableUploads>

/**
 * Uploads that can be broken off and gone on with, over restarts and in any process. What is durable is in
 * `uploadReceiver`, who may change what in `uploadHolds`, how it ends in `uploadFinisher`.
 *
 * The offset that equals the length is only told when the file is there. So a client that was told so needs nothing
 * more, and one that was not comes back, and is answered when the file is made.
 */
export const resumableUploads = (options: ResumableOptions) => {
  const { database, backends, chunkBackend: backend, writers, uploads, clock, log, sizes } = options
  const expiresMs = options.expiresDays * DAY_MS
  const repo = uploadRepo(database.db)
  const now = (): number => clock.now().getTime()
  const hashes = uploadHashes()
  const holds = uploadHolds(options)
  const receive = uploadReceiver({ database, backend, writers, hashes, clock, log, expiresMs, sizes })
  const finish = uploadFinisher({ database, backends, backend, uploads, hashes, clock, log, sizes })

  /** Deletes objects that were discarded just now. If that fails, the sweep does it. */
  const discardNow = async (chunks: readonly UploadChunkRow[]): Promise<void> => {
    try {
      for (const [name, rows] of Map.groupBy(chunks, (chunk) => chunk.backend)) {
        const locators = rows.map(({ locator }) => locator)
        await backends.get(name)?.delete(locators)
        for (let from = 0; from < locators.length; from += LOCATORS_PER_STATEMENT)
          await database.db
            .deleteFrom('discarded_objects')
            .where('backend', '=', name)
            .where('locator', 'in', locators.slice(from, from + LOCATORS_PER_STATEMENT))
            .execute()
      }
    } catch (error) {
      log.warn({ err: error }, 'objects of an upload could not be deleted and are left to the sweep')
    }
  }
  const compact = uploadCompactor({ database, backends, backend, writers, discardNow, now, expiresMs, log, sizes })

  const get = async (accountId: string, id: string): Promise<UploadRow> => {
    const row = await repo.find(accountId, id)
    if (row === undefined) throw new AppError(UploadErrors.UPLOAD_NOT_FOUND)
    if (row.expires_at <= now()) throw new AppError(UploadErrors.UPLOAD_EXPIRED)
    return row
  }

  /** @throws {AppError} QUOTA_EXCEEDED, TOO_MANY_UPLOADS */
  const insert = (accountId: string, row: UploadRow, room: number): Promise<void> =>
    database.transaction(async (tx) => {
      await planRepo(tx).lockAccount(accountId, database.dialect)
      const open = await uploadRepo(tx).sumOpen(accountId)
      if (open.count >= MOST_OPEN) throw new AppError(UploadErrors.TOO_MANY_UPLOADS)
      const { max_bytes } = await planRepo(tx).ofAccount(accountId)
      const left = Math.min(room, (max_bytes ?? Infinity) - open.sizeBytes)
      if ((row.size_bytes ?? 0) > left) throw quotaExceeded(left)
      await uploadRepo(tx).insert(row)
    })

  const newRow = (accountId: string, spec: NewUpload): UploadRow => ({
    id: newId('upload'),
    account_id: accountId,
    kind: spec.kind,
    state: 'open',
    size_bytes: spec.sizeBytes ?? null,
    offset_bytes: 0,
    name: spec.name,
    media_type: spec.mediaType,
    folder_id: spec.folderId ?? null,
    team_id: spec.teamId ?? null,
    on_conflict: spec.onConflict,
    sha256: spec.sha256 ?? null,
    metadata: spec.metadata ?? null,
    concat: spec.concat ?? null,
    file_id: null,
    holder: null,
    held_until: 0,
    fence: 0,
    created_at: now(),
    expires_at: now() + expiresMs,
  })

  /** @throws {AppError} What makes the file unwanted already now. */
  const roomFor = async (accountId: string, row: UploadRow): Promise<number> =>
    uploads.room(accountId, row.kind === 'partial' ? undefined : await uploads.assertWanted(accountId, toDraft(row)))

  const create = async (accountId: string, spec: NewUpload): Promise<UploadRow> => {
    const row = newRow(accountId, spec)
    const room = await roomFor(accountId, row)
    if ((spec.sizeBytes ?? 0) > room) throw quotaExceeded(room)
    await insert(accountId, row, room)
    return row
  }

  const discard = async (row: UploadRow, isWanted: (tx: ReturnType<typeof uploadRepo>) => Promise<boolean>) => {
    hashes.forget(row.id)
    const chunks = await repo.chunks(row.id)
    const gone = await database.transaction(async (tx) => {
      const inside = uploadRepo(tx)
      await inside.discardChunks(row.id, now())
      if (!(await isWanted(inside))) throw new StillWanted()
      return true
    })
    if (gone) await discardNow(chunks)
  }

  const refuse = async (row: UploadRow): Promise<void> => {
    await discard(row, (inside) => inside.delete(row.id)).catch((error: unknown) => {
      if (!(error instanceof StillWanted))
        log.warn({ err: error, uploadId: row.id }, 'a refused upload is left to expire')
    })
  }

  /** Makes the file. An upload that is refused now is over: nothing of it is kept. */
  const complete = async (hold: Hold, row: UploadRow, inline?: Buffer): Promise<UploadRow> => {
    try {
      await finish(hold, row, inline)
    } catch (error) {
      if (error instanceof AppError && error.status < 500 && error.code !== UploadErrors.UPLOAD_LOCKED.code)
        await refuse(row)
      throw error
    }
    return get(row.account_id, row.id)
  }

  /** What an upload may still take. @throws {AppError} INVALID_INPUT, QUOTA_EXCEEDED */
  const limitOf = async (hold: Hold, { offset, sizeBytes }: Piece): Promise<number> => {
    const { row } = hold
    if (row.size_bytes !== null) {
      if (sizeBytes !== undefined && sizeBytes !== row.size_bytes)
        throw invalid('The length of an upload cannot change.')
      return row.size_bytes - offset
    }
    if (sizeBytes !== undefined && sizeBytes < offset) throw invalid('Upload-Length is less than what has arrived.')
    const { max_bytes } = await planRepo(database.db).ofAccount(row.account_id)
    const others = max_bytes === null ? 0 : (await repo.sumOpen(row.account_id, row.id)).sizeBytes
    const room = Math.min(await roomFor(row.account_id, row), (max_bytes ?? Infinity) - others)
    if ((sizeBytes ?? offset) > room) throw quotaExceeded(room)
    if (sizeBytes === undefined) return room - offset
    if (!(await repo.setSize(row.id, row.fence, sizeBytes))) throw new AppError(UploadErrors.UPLOAD_LOCKED)
    return sizeBytes - offset
  }

  const take = async (hold: Hold, piece: Piece): Promise<UploadRow> => {
    const { id, account_id, offset_bytes } = hold.row
    if (piece.offset !== offset_bytes)
      throw new AppError(UploadErrors.UPLOAD_OFFSET, { details: { offset: offset_bytes } })
    const maxBytes = await limitOf(hold, piece)
    if ((piece.declaredBytes ?? 0) > maxBytes) throw new AppError(ChunkErrors.FILE_TOO_LARGE)
    const sized: Hold = { ...hold, row: { ...hold.row, size_bytes: hold.row.size_bytes ?? piece.sizeBytes ?? null } }
    const received: Received =
      piece.declaredBytes === 0 ? { offsetBytes: offset_bytes } : await receive(sized, { ...piece, maxBytes })
    if (received.interrupted !== undefined) {
      await compact(hold)
      throw received.interrupted
    }
    const row = { ...sized.row, offset_bytes: received.offsetBytes }
    if (isComplete(row) && row.kind !== 'partial') {
      piece.onComplete?.()
      return complete(sized, row, received.inline)
    }
    await compact(hold)
    return get(account_id, id)
  }

  /** Runs work on an open upload; of one that is done meanwhile, or held elsewhere, says so. */
  const withHold = async (row: UploadRow, progress: Progress | undefined, work: (hold: Hold) => Promise<UploadRow>) => {
    const result = await holds.run(row.id, progress, work)
    if (result !== undefined) return result
    const current = await get(row.account_id, row.id)
    if (current.state === 'open') throw new AppError(UploadErrors.UPLOAD_LOCKED, { retryAfterSeconds: 1 })
    return current
  }

  const completed = (row: UploadRow): Promise<UploadRow> =>
    row.state === 'done' || row.kind === 'partial' || !isComplete(row)
      ? Promise.resolve(row)
      : withHold(row, undefined, (hold) =>
          isComplete(hold.row) ? complete(hold, hold.row) : get(row.account_id, row.id),
        )

  return {
    /**
     * Starts an upload. When this resolves its row is committed, and its address can be handed out.
     *
     * @throws {AppError} QUOTA_EXCEEDED, TOO_MANY_UPLOADS, FOLDER_NOT_FOUND, FILE_EXISTS
     */
    create,

    /**
     * Puts bytes behind those that are there, and makes the file with the last ones.
     *
     * @returns The upload as it is then.
     * @throws {AppError} Of `UploadErrors` and `ChunkErrors`, and what making a file throws. Except after
     * CHECKSUM_MISMATCH, the bytes that arrived are kept.
     */
    async append(accountId: string, id: string, piece: Piece): Promise<UploadRow> {
      const row = await get(accountId, id)
      if (row.kind === 'final') throw new AppError(UploadErrors.UPLOAD_FINAL)
      const result = row.state === 'done' ? row : await withHold(row, piece.progress, (hold) => take(hold, piece))
      if (result.state === 'done' && row.state === 'done' && piece.offset !== result.offset_bytes)
        throw new AppError(UploadErrors.UPLOAD_OFFSET, { details: { offset: result.offset_bytes } })
      return result
    },

    /**
     * Joins parts to a file: their chunks become its chunks, in the given order. Done again with the same parts, it
     * goes on where it was, or gives the file that was made.
     *
     * @throws {AppError} UPLOAD_INCOMPLETE, QUOTA_EXCEEDED, and what making a file throws
     */
    async join(accountId: string, spec: NewUpload & { concat: string }, ids: readonly string[]): Promise<UploadRow> {
      const before = await repo.findFinal(accountId, spec.concat)
      if (before !== undefined) return completed(before)
      const row = newRow(accountId, spec)
      const room = await roomFor(accountId, row)
      const final = await database.transaction(async (tx) => {
        const inside = uploadRepo(tx)
        const parts = new Map((await inside.completeParts(accountId, ids, now())).map((part) => [part.id, part]))
        const found = ids.flatMap((part) => parts.get(part) ?? [])
        const sizeBytes = found.reduce((sum, part) => sum + part.offset_bytes, 0)
        if (found.length !== ids.length) throw new AppError(UploadErrors.UPLOAD_INCOMPLETE)
        if (sizeBytes > room) throw quotaExceeded(room)
        const joined = { ...row, size_bytes: sizeBytes, offset_bytes: sizeBytes }
        await inside.insert(joined)
        let atBytes = 0
        for (const part of found) {
          await inside.moveChunks(part.id, row.id, atBytes)
          await inside.delete(part.id)
          atBytes += part.offset_bytes
        }
        return joined
      })
      return completed(final)
    },

    /**
     * The upload as it is, with the offset from which to go on. A connection on which nothing arrives is cut off first,
     * and an upload that lacks only its file gets that now.
     *
     * @throws {AppError} UPLOAD_NOT_FOUND, UPLOAD_EXPIRED, UPLOAD_LOCKED, and what making a file throws
     */
    async look(accountId: string, id: string): Promise<UploadRow> {
      await get(accountId, id)
      await holds.settle(id)
      return completed(await get(accountId, id))
    },

    /** @throws {AppError} UPLOAD_NOT_FOUND; also for one that expired, of which nobody has a use */
    async remove(accountId: string, id: string): Promise<void> {
      const row = await repo.find(accountId, id)
      if (row === undefined) throw new AppError(UploadErrors.UPLOAD_NOT_FOUND)
      await holds.cut(id)
      await discard(row, (inside) => inside.delete(id)).catch((error: unknown) => {
        if (!(error instanceof StillWanted)) throw error
      })
    },

    /** Forgets the bytes of an open upload; it starts again at 0. @throws {AppError} UPLOAD_LOCKED */
    async restart(accountId: string, id: string): Promise<void> {
      const row = await get(accountId, id)
      await withHold(row, undefined, async (hold) => {
        const chunks = await repo.chunks(id)
        await database.transaction(async (tx) => {
          const inside = uploadRepo(tx)
          await inside.discardChunks(id, now())
          if (!(await inside.restart(id, hold.row.fence))) throw new AppError(UploadErrors.UPLOAD_LOCKED)
        })
        hashes.forget(id)
        await discardNow(chunks)
        return get(accountId, id)
      })
    },

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, limit: number, cursor: string | undefined) {
      const list = [accountId, 'uploads']
      const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor, list)
      const found = await repo.listOpen(accountId, after, limit + 1)
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      const next_cursor = last === undefined ? null : toCursor({ createdAt: last.created_at, id: last.id }, list)
      return { uploads: page.map(toUpload), next_cursor }
    },

    /** Removes what was left alone for too long, with its bytes, and records of what is done. @returns How many. */
    async expire(signal?: AbortSignal): Promise<number> {
      let removed = 0
      for (;;) {
        const rows = await repo.listExpired(now(), EXPIRED_BATCH)
        for (const row of rows) {
          signal?.throwIfAborted()
          await discard(row, (inside) => inside.deleteExpired(row.id, row.fence, now())).catch((error: unknown) => {
            if (!(error instanceof StillWanted)) throw error
          })
          removed += 1
        }
        if (rows.length < EXPIRED_BATCH) return removed
      }
    },

    /** Waits until nobody changes any upload any more. To be called when no request comes. */
    stop: () => holds.idle(),
  }
}

/** Thrown to undo a transaction that found the upload changed. */
class StillWanted extends Error {}

const invalid = (message: string): AppError => new AppError(Failures.INVALID_INPUT, { message })
