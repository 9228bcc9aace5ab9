import { defineErrors } from '../../platform/errors.ts'

export const SandboxErrors = defineErrors({
  RUN_QUEUE_FULL: [429, 'Too many commands of this bot are waiting. Try again when some have finished.'],
  RUN_TOO_LARGE: [413, 'The command and what it is given are too large to run.'],
  PYTHON_UNAVAILABLE: [503, 'Python could not be started on this server. The operator finds the reason in the log.'],
  PYTHON_CLOSED: [503, 'The server is shutting down. Send the request again in a moment.'],
})

export interface HostCallErrorOptions {
  /**
   * The Python exception to raise: `ApiTelegramException`, or one of ValueError, TypeError, KeyError, IndexError,
   * LookupError, PermissionError, TimeoutError, ConnectionError, RuntimeError. Others become HostError.
   */
  kind?: string
  /** For ApiTelegramException: what Telegram answered. */
  errorCode?: number
  description?: string
  /** For ApiTelegramException: more of Telegram's answer, such as `{retry_after: 5}`. */
  parameters?: { [key: string]: number | string }
  cause?: unknown
}

/** A host call that failed in a way that the command may know and handle. */
export class HostCallError extends Error {
  readonly kind: string
  readonly errorCode: number | undefined
  readonly description: string | undefined
  readonly parameters: { [key: string]: number | string } | undefined

  constructor(message: string, options: HostCallErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'HostCallError'
    this.kind = options.kind ?? 'HostError'
    this.errorCode = options.errorCode
    this.description = options.description
    this.parameters = options.parameters
  }
}
