import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { type Backend, type BackendCapabilities, BackendErrors } from '../backends/backend.ts'
import type { Sending } from './contract.ts'

const REOPEN_MS = 10_000

/** A backend that is set up, and what it is. */
export interface RegisteredBackend {
  readonly backend: Backend
  /** `disk`, `s3`, …: decides the default settings. */
  readonly kind: string
  /** Where turns are waited for. */
  readonly sending?: () => Promise<Sending>
}

export interface ReopeningOptions {
  readonly name: string
  /** What it will say when it is open. */
  readonly capabilities: BackendCapabilities
  readonly listable: boolean
  readonly open: () => Promise<Backend>
  readonly clock: Clock
  readonly log: Log
}

/**
 * A backend that may be away when the server starts: it is opened when it is first used, and tried again ten seconds
 * after it could not be opened. Until then everything that is asked of it is BACKEND_UNAVAILABLE.
 */
export const reopeningBackend = ({ name, capabilities, listable, open, clock, log }: ReopeningOptions): Backend => {
  let opening: Promise<Backend> | undefined
  let failed: { readonly error: AppError; readonly untilMs: number } | undefined

  const ready = (): Promise<Backend> => {
    if (failed !== undefined && clock.monotonicMs() < failed.untilMs) return Promise.reject(failed.error)
    opening ??= open().catch((cause: unknown) => {
      opening = undefined
      log.error({ err: cause, backend: name }, 'a storage could not be opened')
      const message = cause instanceof AppError ? cause.message : undefined
      const error = new AppError(BackendErrors.BACKEND_UNAVAILABLE, {
        cause,
        retryAfterSeconds: REOPEN_MS / 1000,
        ...(message === undefined ? {} : { message }),
      })
      failed = { error, untilMs: clock.monotonicMs() + REOPEN_MS }
      throw error
    })
    return opening
  }

  async function* list() {
    yield* (await ready()).list?.() ?? []
  }

  return {
    name,
    capabilities,
    put: async (...args) => (await ready()).put(...args),
    get: async (...args) => (await ready()).get(...args),
    delete: async (locators) => (await ready()).delete(locators),
    stat: async (locator) => (await ready()).stat(locator),
    ...(listable ? { list } : {}),
  }
}
