/** What an area can refuse: each code with the HTTP status and the sentence that says what to do next. */
export type ErrorCatalog = Readonly<Record<string, readonly [status: number, message: string]>>

/** One entry of a catalog, ready to be thrown. */
export interface ErrorEntry {
  readonly code: string
  readonly status: number
  readonly message: string
}

/** Turns `{ CODE: [status, message] }` into entries that carry their own code. */
export const defineErrors = <const C extends ErrorCatalog>(catalog: C): { readonly [K in keyof C]: ErrorEntry } => {
  const entries = Object.entries(catalog).map(([code, [status, message]]) => [code, { code, status, message }])
  return Object.fromEntries(entries)
}

export interface AppErrorOptions {
  /** Replaces the catalog's sentence where the answer depends on the request. */
  message?: string
  /** Machine-readable extras, printed as `details` by the dialects that have such a field. */
  details?: unknown
  /** Seconds after which the same request can pass; printed as `Retry-After`. */
  retryAfterSeconds?: number
  cause?: unknown
}

/** An answer we meant to give. Anything else that is thrown is a bug and becomes 500 INTERNAL. */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly details: unknown
  readonly retryAfterSeconds: number | undefined

  constructor(entry: ErrorEntry, options: AppErrorOptions = {}) {
    super(options.message ?? entry.message, { cause: options.cause })
    this.name = 'AppError'
    this.code = entry.code
    this.status = entry.status
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
