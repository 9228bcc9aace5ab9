import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { AwsV4Signer } from 'aws4fetch'
import type { Clock } from '../../../platform/clock.ts'
import { type BucketPlace, bucketAddress } from './address.ts'
import { exchange, flow, newAgent, type S3Timeouts } from './exchange.ts'
import { cutOff, S3Fault, toFault } from './faults.ts'
import { type RetryPolicy, withRetries } from './retries.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

export interface S3ClientOptions extends BucketPlace, S3Credentials {
  readonly region: string
  readonly clock: Clock
  readonly timeouts: S3Timeouts
  readonly retries: RetryPolicy
  readonly maxSockets: number
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Empty for the bucket itself. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** SHA-256 of the body, if it is known already. */
  readonly sha256?: Buffer
  readonly signal?: AbortSignal | undefined
}

export interface S3Answer {
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export type S3Client = ReturnType<typeof s3Client>

/** A page of 1000 keys is below 1 MB. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024
const EMPTY_SHA256 = createHash('sha256').digest()

/** Signed requests to one bucket. Every failure is an S3Fault, apart from the reason of the caller's signal. */
export const s3Client = (options: S3ClientOptions) => {
  const { clock, timeouts, retries, maxSockets } = options
  const address = bucketAddress(options)
  const agent = newAgent(address.protocol, maxSockets)
  const sign = signer(options, clock)

  /** One try. @returns An answer of success, to be made to flow. @throws {S3Fault} for any other; what `exchange` throws. */
  const open = async (request: S3Request): Promise<IncomingMessage> => {
    const { method, key, query, body, signal } = request
    const url = address.urlOf(key, query)
    const headers = await sign(url, request)
    const answer = await exchange({ url, method, headers, body, agent, timeouts, signal })
    const { statusCode: status = 0 } = answer
    if (status >= 200 && status < 300) return answer
    throw toFault(status, answer.headers, await readText(answer, timeouts.idleMs))
  }

  /** Like `open`, and reads the answer. */
  const callOnce = async (request: S3Request): Promise<S3Answer> => {
    const answer = await open(request)
    return { headers: answer.headers, text: await readText(answer, timeouts.idleMs) }
  }

  return {
    open,
    flow: (answer: IncomingMessage) => flow(answer, timeouts.idleMs),
    callOnce,
    call: (request: S3Request) => withRetries(retries, request.signal, () => callOnce(request)),
    withRetries: <T>(signal: AbortSignal | undefined, attempt: () => Promise<T>) =>
      withRetries(retries, signal, attempt),
    close: () => agent.destroy(),
  }
}

/** Signature V4 in headers, never in the URL: an address with a signature in it opens the object to whoever reads a log. */
const signer = ({ region, accessKeyId, secretAccessKey, sessionToken }: S3ClientOptions, clock: Clock) => {
  const secrets = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  // Holds one derived key a day.
  let derived: { day: string; cache: Map<string, ArrayBuffer> } = { day: '', cache: new Map() }

  return async (url: URL, { method, headers, body, sha256 }: S3Request): Promise<Record<string, string>> => {
    const datetime = clock
      .now()
      .toISOString()
      .replace(/[:-]|\.\d{3}/g, '')
    const day = datetime.slice(0, 8)
    if (derived.day !== day) derived = { day, cache: new Map() }
    const digest = sha256 ?? (body === undefined ? EMPTY_SHA256 : createHash('sha256').update(body).digest())
    const signed = await new AwsV4Signer({
      ...secrets,
      url: url.href,
      method,
      headers: { ...headers, 'x-amz-content-sha256': digest.toString('hex') },
      service: 's3',
      region,
      cache: derived.cache,
      datetime,
    }).sign()
    const length = body === undefined ? {} : { 'content-length': String(body.length) }
    return { ...Object.fromEntries(signed.headers), ...length }
  }
}

const readText = (answer: IncomingMessage, idleMs: number): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const pieces: Buffer[] = []
  let sizeBytes = 0
  answer.on('data', (piece: Buffer) => {
    pieces.push(piece)
    sizeBytes += piece.length
    if (sizeBytes > MAX_TEXT_BYTES) answer.destroy(tooLong())
  })
  answer.once('error', reject)
  answer.once('end', () => resolve(Buffer.concat(pieces).toString('utf8')))
  // Destroyed without an error; after `end` it says nothing new.
  answer.once('close', () => reject(cutOff()))
  flow(answer, idleMs)
  return promise
}

const tooLong = () =>
  new S3Fault(`S3 answered with more than ${MAX_TEXT_BYTES} bytes.`, {
    kind: 'unavailable',
    code: 'ANSWER_TOO_LONG',
    status: 0,
    canRetry: false,
  })
