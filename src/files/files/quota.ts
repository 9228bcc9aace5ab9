import { planRepo } from '../../accounts/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { CountersRow } from '../stats/repo.ts'
import { FileErrors } from './contract.ts'

/** What counts against the plan: also what lies in the trash, until it is purged. */
export const usedBytes = ({ size_bytes, trash_bytes }: CountersRow): number => size_bytes + trash_bytes

/** @param roomBytes How large the file might have been. */
export const quotaExceeded = (roomBytes: number): AppError =>
  new AppError(FileErrors.QUOTA_EXCEEDED, {
    message: `There is no room for this file: it may have at most ${Math.max(0, roomBytes)} bytes.`,
    details: { max_bytes: Math.max(0, roomBytes) },
  })

/**
 * @param before Locked, so that two at once do not take the same room.
 * @param freedBytes What goes away with the change.
 * @throws {AppError} QUOTA_EXCEEDED
 */
export const assertRoom = async (
  tx: Db,
  accountId: string,
  before: CountersRow,
  sizeBytes: number,
  freedBytes = 0,
): Promise<void> => {
  const { max_bytes } = await planRepo(tx).ofAccount(accountId)
  const room = (max_bytes ?? Infinity) - usedBytes(before) + freedBytes
  if (sizeBytes > room) throw quotaExceeded(room)
}
