import { AppError } from '../../../platform/errors.ts'
import { BackendErrors } from '../backend.ts'

const RETRY_AFTER_SECONDS = 10

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const ABSENT = new Set(['ENOENT', 'ENOTDIR'])

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

export const isAbsent = (error: unknown): boolean => ABSENT.has(codeOf(error) ?? '')

/**
 * What a failed system call means to the caller of a backend.
 * @returns DISK_FULL or, for all the rest (EIO, EACCES, EMFILE, EROFS …), BACKEND_UNAVAILABLE, with the original as
 * `cause`. An error that is no system error comes back as it is: it is a bug or somebody else's answer.
 */
export const toDiskError = (error: unknown): unknown => {
  if (error instanceof AppError || codeOf(error)?.startsWith('E') !== true) return error
  if (FULL.has(codeOf(error) ?? '')) return new AppError(BackendErrors.DISK_FULL, { cause: error })
  return new AppError(BackendErrors.BACKEND_UNAVAILABLE, { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

/** Runs `action` and throws what `toDiskError` makes of its failure. */
export const translated = async <T>(action: () => Promise<T>): Promise<T> => {
  try {
    return await action()
  } catch (error) {
    throw toDiskError(error)
  }
}
