/** What a failed call says. `status` is 0, and `code` is ours, when no server answered. */
export interface Failure {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId?: string | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly body?: unknown
  readonly cause?: unknown
}

/**
 * A call that did not succeed.
 *
 * `code` is spelt as the called API prints it. It is `TIMEOUT` or `NETWORK` when no answer came, `BAD_REPLY` when a
 * reply was not JSON, and `HTTP_<status>` when a failure names no code, as one of a proxy in between.
 */
export class ClientError extends Error {
  /** 0 when no server answered. */
  readonly status: number
  readonly code: string
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined
  /** Seconds after which the same call can succeed. */
  readonly retryAfterSeconds: number | undefined
  /** The whole answer: parsed where it is JSON, else its text. */
  readonly body: unknown

  constructor(failure: Failure) {
    super(failure.message, { cause: failure.cause })
    this.name = 'ClientError'
    this.status = failure.status
    this.code = failure.code
    this.requestId = failure.requestId
    this.retryAfterSeconds = failure.retryAfterSeconds
    this.body = failure.body
  }

  /** Whether this is the given entry of a contract's errors, in whatever case the called API spells its code. */
  is(entry: { readonly code: string; readonly status: number }): boolean {
    return this.status === entry.status && plain(this.code) === plain(entry.code)
  }
}

const plain = (code: string): string => code.toUpperCase().replace(/[^A-Z0-9]+/g, '_')

/** Reads a failed answer, whichever of the server's APIs gave it. */
export const toClientError = (response: Response, text: string): ClientError => {
  const { status, headers } = response
  const body = parseJson(text)
  const words = body.ok && isRecord(body.value) ? body.value : {}
  return new ClientError({
    status,
    code: textOf(words.code) ?? `HTTP_${status}`,
    message: textOf(words.error) ?? textOf(words.result) ?? (response.statusText || `The server answered ${status}.`),
    requestId: textOf(words.request_id) ?? textOf(words.requestId) ?? headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfterOf(headers.get('retry-after'), words.retryAt),
    body: body.ok ? body.value : text,
  })
}

export const parseJson = (text: string): { ok: true; value: unknown } | { ok: false; cause: unknown } => {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (cause) {
    return { ok: false, cause }
  }
}

// The header is seconds or a date (RFC 9110, section 10.2.3); the member is epoch milliseconds.
const retryAfterOf = (header: string | null, member: unknown): number | undefined => {
  if (header !== null && /^\d+$/.test(header)) return Number(header)
  const at = typeof member === 'number' ? member : Date.parse(header ?? '')
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
