import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { FormFile } from '../../platform/http/index.ts'
import { FileErrors } from '../files/contract.ts'
import { mediaTypeOf } from '../files/media-type.ts'
import { parseFileName } from '../files/names.ts'
import type { Uploads } from '../files/uploads.ts'
import type { Counters } from '../stats/counters.ts'
import { sizeText } from '../stats/size-text.ts'
import { ShareErrors } from './contract.ts'
import { endOf } from './downloads.ts'
import { type StoredShare, shareRepo, stateOf } from './repo.ts'
import { shareTargets } from './targets.ts'

export interface RequestParts {
  readonly database: Database
  readonly counters: Counters
  readonly uploads: Uploads
  readonly clock: Clock
}

/** A file that has arrived, as whoever sent it knows it. */
export interface Arrival {
  readonly file_name: string
  readonly file_size: number
}

export type FileRequests = ReturnType<typeof fileRequests>

/** Files that people without an account bring through a link. */
export const fileRequests = ({ database, counters, uploads, clock }: RequestParts) => {
  const targets = shareTargets(database.db)

  // The place is taken before the first byte: of many who send at once exactly as many get one as there are. What a
  // crash leaves taken stays taken.
  const takePlace = (share: StoredShare): Promise<void> => {
    const nowMs = clock.now().getTime()
    return counters.change(share.account_id, async (tx) => {
      const shares = shareRepo(tx)
      if (!(await shares.takePlace(share.id, nowMs))) {
        const now = await shares.find(share.account_id, share.id)
        throw endOf(now === undefined ? 'disabled' : stateOf(now, nowMs))
      }
      return { result: undefined, add: { shareLinks: await shares.settle(share.account_id, share.id, nowMs) } }
    })
  }

  const givePlaceBack = (share: StoredShare): Promise<void> =>
    counters.change(share.account_id, async (tx) => {
      const shares = shareRepo(tx)
      await shares.givePlaceBack(share.id)
      const nowMs = clock.now().getTime()
      return { result: undefined, add: { shareLinks: await shares.settle(share.account_id, share.id, nowMs) } }
    })

  const store = async (share: StoredShare, { stream, fileName, mimeType }: FormFile, signal: AbortSignal) => {
    const { space, folder } = await targets.root(share)
    const room = await uploads.room(share.account_id)
    const maxBytes = Math.min(room, share.max_file_bytes ?? Number.POSITIVE_INFINITY)
    const { file } = await uploads
      .store(share.account_id, { maxBytes, signal }, async (take) => {
        const name = parseFileName(fileName)
        await take(stream)
        return {
          name,
          mediaType: mediaTypeOf(mimeType, name),
          folderId: folder.id,
          teamId: space.teamId ?? undefined,
          onConflict: 'rename',
        }
      })
      .catch((error: unknown) => {
        throw isQuota(error) ? tooLarge(share, maxBytes) : error
      })
    return file.size_bytes
  }

  return {
    /**
     * Stores one file, under a numbered name if its own is taken.
     *
     * @throws {AppError} SHARE_EXHAUSTED and its kin, SHARE_GONE, UPLOAD_TOO_LARGE, QUOTA_EXCEEDED, INVALID_INPUT, and
     * what `Uploads.store` throws
     */
    async receive(share: StoredShare, file: FormFile, signal: AbortSignal): Promise<Arrival> {
      await takePlace(share)
      try {
        return { file_name: file.fileName, file_size: await store(share, file, signal) }
      } catch (error) {
        await givePlaceBack(share)
        throw error
      }
    },
  }
}

const isQuota = (error: unknown): boolean => error instanceof AppError && error.code === FileErrors.QUOTA_EXCEEDED.code

// How much room the account has left is nothing that strangers are told.
const tooLarge = ({ max_file_bytes }: StoredShare, maxBytes: number): AppError =>
  max_file_bytes !== null && maxBytes === max_file_bytes
    ? new AppError(ShareErrors.UPLOAD_TOO_LARGE, {
        message: `This file is larger than the link takes, which is ${sizeText(max_file_bytes)}.`,
        details: { max_file_bytes },
      })
    : new AppError(FileErrors.QUOTA_EXCEEDED, { message: 'There is no room for this file where it should go.' })
