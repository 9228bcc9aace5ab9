import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../../../platform/errors.ts'
import { BackendErrors } from '../backend.ts'
import { NotS3Error, parseErrorDocument } from './answers.ts'

const RETRY_AFTER_SECONDS = 10

export type FaultKind = 'unavailable' | 'full' | 'missing' | 'no-bucket' | 'too-short'

export interface FaultFacts {
  readonly kind: FaultKind
  /** What S3 or the network calls it: `SlowDown`, `ECONNRESET`, `TIMEOUT`. */
  readonly code: string
  /** 0 if no answer came. */
  readonly status: number
  /** The same request may pass a moment later. */
  readonly canRetry: boolean
  readonly retryAfterSeconds?: number | undefined
}

/**
 * Why a request to S3 failed, for the operator: it becomes the `cause` of an AppError and goes to the log. Its text is
 * made of codes and names of settings, never of what was sent or received, which may hold credentials.
 */
export class S3Fault extends Error implements FaultFacts {
  readonly kind: FaultKind
  readonly code: string
  readonly status: number
  readonly canRetry: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, { kind, code, status, canRetry, retryAfterSeconds }: FaultFacts) {
    super(message)
    this.name = 'S3Fault'
    this.kind = kind
    this.code = code
    this.status = status
    this.canRetry = canRetry
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What to look at, by error code. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied:
    'The key may not do this: give it s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject ' +
    'on its objects, or check LATCHKEY_S3_ACCESS_KEY_ID and LATCHKEY_S3_BUCKET',
  AllAccessDisabled: 'The account at the storage provider is closed or suspended',
  AuthorizationHeaderMalformed: 'Check LATCHKEY_S3_REGION',
  ExpiredToken: 'Renew LATCHKEY_S3_SESSION_TOKEN',
  InvalidAccessKeyId: 'Check LATCHKEY_S3_ACCESS_KEY_ID',
  InvalidBucketName: 'Check LATCHKEY_S3_BUCKET',
  InvalidToken: 'Check LATCHKEY_S3_SESSION_TOKEN',
  NoSuchBucket: 'Create the bucket, or check LATCHKEY_S3_BUCKET and LATCHKEY_S3_FORCE_PATH_STYLE',
  PermanentRedirect: 'Check LATCHKEY_S3_ENDPOINT and LATCHKEY_S3_REGION: the bucket is somewhere else',
  RequestTimeTooSkewed: 'Set the clock of this machine',
  SignatureDoesNotMatch: 'Check LATCHKEY_S3_SECRET_ACCESS_KEY',
  ENOTFOUND: 'Check LATCHKEY_S3_ENDPOINT: its name is unknown',
  NOT_S3: 'Check LATCHKEY_S3_ENDPOINT: what answers there does not speak S3',
  ECONNREFUSED: 'Check LATCHKEY_S3_ENDPOINT: nothing listens there',
}

const ADVICE_BY_STATUS: Readonly<Record<number, string>> = {
  301: ADVICE.PermanentRedirect ?? '',
  307: ADVICE.PermanentRedirect ?? '',
  401: 'Check LATCHKEY_S3_ACCESS_KEY_ID and LATCHKEY_S3_SECRET_ACCESS_KEY',
  403: ADVICE.AccessDenied ?? '',
  404: 'Check LATCHKEY_S3_ENDPOINT and LATCHKEY_S3_BUCKET',
}

// The last three are refused bodies that were whole when they left: bytes were lost or changed on the way.
const PASSING = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
  'RequestTimeout',
  'OperationAborted',
  'TooManyRequests',
  'Throttling',
  'RequestLimitExceeded',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
])
const PASSING_STATUS = new Set([429, 500, 502, 503, 504])

// Providers have a code each for this: QuotaExceeded (Ceph), XMinioStorageFull, XMinioAdminBucketQuotaExceeded …
const FULL =
  /quota ?exceeded|exceed\w* \w* ?quota|storage ?full|insufficient ?(storage|space)|no space left|disk ?full/i

/** @param body The document, or empty where the answer has none (HEAD). */
export const toFault = (status: number, headers: IncomingHttpHeaders, body: string): S3Fault => {
  const { code, message } = parseErrorDocument(body)
  const kind = kindOf(status, code, message)
  const said = code === undefined ? `HTTP ${status}` : `HTTP ${status}, ${code}`
  const advice = ADVICE[code ?? ''] ?? ADVICE_BY_STATUS[status]
  const canRetry = kind === 'unavailable' && (PASSING.has(code ?? '') || PASSING_STATUS.has(status))
  const retryAfterSeconds = parseSeconds(headers['retry-after'])
  const facts = { kind, code: code ?? String(status), status, canRetry, retryAfterSeconds }
  return new S3Fault(`S3 refused the request (${said}).${advice === undefined ? '' : ` ${advice}.`}`, facts)
}

const kindOf = (status: number, code: string | undefined, message: string): FaultKind => {
  if (status === 507 || FULL.test(code ?? '') || FULL.test(message)) return 'full'
  if (code === 'NoSuchBucket') return 'no-bucket'
  if (status === 416) return 'too-short'
  return status === 404 ? 'missing' : 'unavailable'
}

const parseSeconds = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined

/** Some deletions of a batch failed. */
export const toDeleteFault = (codes: readonly string[]): S3Fault => {
  const [code = 'Unknown'] = codes
  const advice = ADVICE[code]
  return new S3Fault(
    `S3 did not delete ${codes.length} objects (${code}).${advice === undefined ? '' : ` ${advice}.`}`,
    {
      kind: 'unavailable',
      code,
      status: 200,
      canRetry: codes.every((one) => PASSING.has(one)),
    },
  )
}

/** A request that took too long. @param what Such as `no connection within 10 s`. */
export const toTimeout = (what: string): S3Fault =>
  new S3Fault(`S3 did not answer in time: ${what}.`, {
    kind: 'unavailable',
    code: 'TIMEOUT',
    status: 0,
    canRetry: true,
  })

/** The connection ended in the middle of an answer. */
export const cutOff = (): S3Fault => connectionFault('CUT_OFF', true)

/** @returns What a failed exchange means; undefined if the error is no failure of an exchange, but a bug. */
export const toExchangeFault = (error: unknown): S3Fault | undefined => {
  if (error instanceof S3Fault) return error
  if (error instanceof AppError) return undefined
  if (error instanceof NotS3Error) return connectionFault('NOT_S3', false)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // Node's own: what it calls ERR_… is a wrong argument, unless it is about TLS.
  if (typeof code !== 'string' || !/^(?!ERR_(?!SSL_|TLS_))[A-Z0-9_]{1,64}$/.test(code)) return undefined
  // A certificate does not become valid by asking again.
  return connectionFault(code, !/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_/.test(code))
}

const connectionFault = (code: string, canRetry: boolean): S3Fault => {
  const advice = ADVICE[code]
  const message = `There is no conversation with S3 (${code}).${advice === undefined ? '' : ` ${advice}.`}`
  return new S3Fault(message, { kind: 'unavailable', code, status: 0, canRetry })
}

/** The error of `BackendErrors` that a fault is for a caller. */
export const toBackendError = (fault: S3Fault): AppError => {
  if (fault.kind === 'full') return new AppError(BackendErrors.DISK_FULL, { cause: fault })
  if (fault.kind === 'missing') return new AppError(BackendErrors.OBJECT_MISSING, { cause: fault })
  if (fault.kind === 'too-short') return new AppError(BackendErrors.OBJECT_SIZE_MISMATCH, { cause: fault })
  const retryAfterSeconds = fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS
  return new AppError(BackendErrors.BACKEND_UNAVAILABLE, { cause: fault, retryAfterSeconds })
}

/** Runs `action` and throws the AppError that its fault is. Anything else passes as it is. */
export const translated = async <T>(action: () => Promise<T>): Promise<T> => {
  try {
    return await action()
  } catch (error) {
    const fault = toExchangeFault(error)
    throw fault === undefined ? error : toBackendError(fault)
  }
}
