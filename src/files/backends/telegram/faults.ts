import { AppError } from '../../../platform/errors.ts'
import { SourceSizeError, TelegramFileError } from '../../../platform/telegram/files.ts'
import { BackendErrors } from '../backend.ts'

/** What a caller is told who cannot wait as long as it would take. */
export const unavailable = (message: string, retryAfterSeconds: number, cause?: unknown): AppError =>
  new AppError(BackendErrors.BACKEND_UNAVAILABLE, {
    message,
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)),
    ...(cause === undefined ? {} : { cause }),
  })

const RETRY_AFTER_SECONDS = 30

/** Any failure of a call as an error of `BackendErrors`; what is not of Telegram stays as it is. */
export const toBackendError = (error: unknown): unknown => {
  if (error instanceof SourceSizeError) return new AppError(BackendErrors.OBJECT_SIZE_MISMATCH, { cause: error })
  if (!(error instanceof TelegramFileError)) return error
  const wait = error.retryAfterSeconds ?? RETRY_AFTER_SECONDS
  return unavailable(`Telegram refused: ${error.description}`, wait, error)
}

/** What may work a moment later. */
export const isPassing = ({ reason }: TelegramFileError): boolean =>
  reason === 'server' || reason === 'network' || reason === 'timeout' || reason === 'answer'

/** The bot cannot be used here, or nowhere any more. */
export const isShut = ({ reason }: TelegramFileError): boolean =>
  reason === 'token' || reason === 'forbidden' || reason === 'chat' || reason === 'migrated'

/** Exponential with full jitter. @param tries How many have failed, at least 1. @returns Milliseconds. */
export const backoffMs = (tries: number, secondMs: number): number =>
  Math.random() * Math.min(30, 0.5 * 2 ** (tries - 1)) * secondMs
