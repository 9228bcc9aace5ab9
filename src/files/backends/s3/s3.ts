import { createHash } from 'node:crypto'
import { type Clock, systemClock } from '../../../platform/clock.ts'
import { AppError } from '../../../platform/errors.ts'
import { type Backend, BackendErrors, type ListedObject } from '../backend.ts'
import { untilAborted } from '../source.ts'
import { deleteDocument, type ListPage, NotS3Error, parseDeleteResult, parseListPage } from './answers.ts'
import { type S3Client, type S3ClientOptions, type S3Credentials, s3Client } from './client.ts'
import { download } from './download.ts'
import type { S3Timeouts } from './exchange.ts'
import { S3Fault, toDeleteFault, toFault, translated } from './faults.ts'
import type { RetryPolicy } from './retries.ts'

const ID = /^[A-Za-z0-9_-]{1,128}$/
const PREFIX = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/

/** A `put` holds its object in memory, to sign it and to be able to send it again. */
const MAX_OBJECT_BYTES = 64 * 1024 * 1024
/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_BATCH = 1000

const TIMEOUTS: S3Timeouts = { connectMs: 10_000, idleMs: 30_000, totalMs: 5 * 60_000 }
const RETRIES: RetryPolicy = { attempts: 4, baseMs: 200, maxMs: 5000 }
const MAX_SOCKETS = 64

export interface S3BackendOptions extends S3Credentials {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:9000`; a path in it is kept. */
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  /** In front of every key; empty, or ends with a slash. Nobody else puts objects there. */
  readonly prefix?: string
  /** `endpoint/bucket/key`, which works nearly everywhere; false: `bucket.endpoint/key`. Default: true. */
  readonly forcePathStyle?: boolean
  readonly clock?: Clock
  readonly timeouts?: Partial<S3Timeouts>
  readonly retries?: Partial<RetryPolicy>
}

export interface S3Backend extends Backend {
  /** Drops the connections. */
  close(): void
}

/**
 * Keeps each object as one object of a bucket, `<prefix><id>`. The locator is the id, so that a bucket may be copied
 * elsewhere. Works with whatever speaks S3: signature V4, PutObject, ranged GetObject, DeleteObjects, ListObjectsV2.
 *
 * Bytes are checked on their way by the SHA-256 that is part of the signature, and where the endpoint knows
 * `x-amz-checksum-sha256`, it keeps and checks that too. A `put` holds its object in memory once.
 *
 * @returns The backend, once the bucket has answered with a list.
 * @throws {AppError} BACKEND_UNAVAILABLE, its message saying which setting to look at.
 */
export const openS3Backend = async (options: S3BackendOptions): Promise<S3Backend> => {
  const { prefix = '' } = options
  if (!PREFIX.test(prefix)) throw new RangeError('the prefix must be names, each followed by a slash')
  const clock = options.clock ?? systemClock
  const client = s3Client(clientOptions(options, clock))
  await checkBucket(client, prefix, options).catch((error: unknown) => {
    client.close()
    throw error
  })
  const uploads = uploader(client)
  const deletions = deleter(client)
  const keyOf = (locator: string): string => `${prefix}${parseLocator(locator)}`

  return {
    name: 's3',
    capabilities: {
      maxObjectBytes: MAX_OBJECT_BYTES,
      ranged: true,
      listable: true,
      batchDelete: true,
      durable: true,
    },
    async put(id, source, sizeBytes, { signal } = {}) {
      const key = keyOf(id)
      if (sizeBytes > MAX_OBJECT_BYTES) throw new AppError(BackendErrors.OBJECT_TOO_LARGE)
      const gathered = await gather(signal === undefined ? source : untilAborted(source, signal), sizeBytes)
      await translated(() => uploads(key, gathered, signal))
      return id
    },
    get: async (locator, from, to, { signal } = {}) =>
      translated(() => whereThereIsABucket(client, () => download(client, { key: keyOf(locator), from, to, signal }))),
    async delete(locators) {
      const keys = locators.map(keyOf)
      for (let at = 0; at < keys.length; at += MAX_BATCH) {
        await translated(() => deletions(keys.slice(at, at + MAX_BATCH)))
      }
    },
    stat: async (locator) => translated(() => statObject(client, keyOf(locator))),
    list: () => listObjects(client, prefix, clock),
    close: () => client.close(),
  }
}

const clientOptions = (options: S3BackendOptions, clock: Clock): S3ClientOptions => ({
  ...options,
  forcePathStyle: options.forcePathStyle ?? true,
  clock,
  timeouts: { ...TIMEOUTS, ...options.timeouts },
  retries: { ...RETRIES, ...options.retries },
  maxSockets: MAX_SOCKETS,
})

const parseLocator = (locator: string): string => {
  if (!ID.test(locator)) throw new AppError(BackendErrors.LOCATOR_INVALID)
  return locator
}

const checkBucket = async (client: S3Client, prefix: string, { bucket, endpoint }: S3BackendOptions): Promise<void> => {
  try {
    await listPage(client, prefix, undefined, 1)
  } catch (error) {
    if (!(error instanceof S3Fault)) throw error
    const message = `The bucket ${bucket} at ${endpoint} cannot be used. ${error.message}`
    throw new AppError(BackendErrors.BACKEND_UNAVAILABLE, { message, cause: error })
  }
}

interface Gathered {
  readonly bytes: Buffer
  readonly sha256: Buffer
}

/** One copy, so that the memory of the pieces is free at once and a source may use it again. */
const gather = async (source: AsyncIterable<Buffer>, sizeBytes: number): Promise<Gathered> => {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes)
  const hash = createHash('sha256')
  let position = 0
  for await (const piece of source) {
    if (position + piece.length > sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
    piece.copy(bytes, position)
    hash.update(piece)
    position += piece.length
  }
  if (position !== sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
  return { bytes, sha256: hash.digest() }
}

// What endpoints answer to a header that they do not know.
const REFUSED_HEADER = new Set(['NotImplemented', 'InvalidArgument', 'InvalidRequest', 'InvalidHeader', '400', '501'])

const uploader = (client: S3Client) => {
  let hasChecksums = true

  const send = (key: string, { bytes, sha256 }: Gathered, withChecksum: boolean, signal: AbortSignal | undefined) => {
    const headers = withChecksum ? { 'x-amz-checksum-sha256': sha256.toString('base64') } : {}
    return client.call({ method: 'PUT', key, headers, body: bytes, sha256, signal })
  }

  return async (key: string, gathered: Gathered, signal: AbortSignal | undefined): Promise<void> => {
    try {
      await send(key, gathered, hasChecksums, signal)
    } catch (error) {
      if (!(hasChecksums && error instanceof S3Fault && REFUSED_HEADER.has(error.code))) throw error
      await send(key, gathered, false, signal)
      // Not before: the request may have been refused for another reason.
      hasChecksums = false
    }
  }
}

const NO_BATCHES = new Set(['NotImplemented', 'MethodNotAllowed', '405', '501'])

const deleter = (client: S3Client) => {
  let hasBatches = true

  const deleteOne = async (key: string): Promise<void> => {
    try {
      await client.call({ method: 'DELETE', key })
    } catch (error) {
      if (!(error instanceof S3Fault && error.kind === 'missing')) throw error
    }
  }

  return async (keys: readonly string[]): Promise<void> => {
    if (hasBatches && keys.length > 1) {
      try {
        return await deleteBatch(client, keys)
      } catch (error) {
        if (!(error instanceof S3Fault && NO_BATCHES.has(error.code))) throw error
        hasBatches = false
      }
    }
    for (const key of keys) await deleteOne(key)
  }
}

const deleteBatch = (client: S3Client, keys: readonly string[]): Promise<void> => {
  const body = deleteDocument(keys)
  // This call must carry a checksum: MD5 is the one that every endpoint knows.
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64'), 'content-type': 'application/xml' }
  return client.withRetries(undefined, async () => {
    const { text } = await client.callOnce({ method: 'POST', key: '', query: { delete: '' }, headers, body })
    const failed = parseDeleteResult(text).filter((code) => code !== 'NoSuchKey')
    if (failed.length > 0) throw toDeleteFault(failed)
  })
}

const statObject = async (client: S3Client, key: string) => {
  try {
    const { headers } = await whereThereIsABucket(client, () => client.call({ method: 'HEAD', key }))
    const length = headers['content-length'] ?? ''
    if (!/^\d+$/.test(length)) throw new NotS3Error()
    return { sizeBytes: Number(length) }
  } catch (error) {
    if (error instanceof S3Fault && error.kind === 'missing') return undefined
    throw error
  }
}

/** An endpoint may answer 404 because the bucket is gone. Then no object must be taken for lost. */
const whereThereIsABucket = async <T>(client: S3Client, action: () => Promise<T>): Promise<T> => {
  try {
    return await action()
  } catch (error) {
    // With this code the endpoint has said that it looked into the bucket.
    if (!(error instanceof S3Fault && error.kind === 'missing') || error.code === 'NoSuchKey') throw error
    await client.call({ method: 'HEAD', key: '' }).catch((cause: unknown) => {
      if (cause instanceof S3Fault && cause.kind === 'missing') throw noBucket()
      throw cause
    })
    throw error
  }
}

const noBucket = (): S3Fault => toFault(404, {}, '<Error><Code>NoSuchBucket</Code></Error>')

const listPage = (client: S3Client, prefix: string, token?: string, maxKeys?: number): Promise<ListPage> =>
  client.withRetries(undefined, async () => {
    const query = {
      'list-type': '2',
      prefix,
      ...(maxKeys === undefined ? {} : { 'max-keys': String(maxKeys) }),
      ...(token === undefined ? {} : { 'continuation-token': token }),
    }
    const { text } = await client.callOnce({ method: 'GET', key: '', query })
    return parseListPage(text)
  })

async function* listObjects(client: S3Client, prefix: string, clock: Clock): AsyncIterable<ListedObject> {
  let token: string | undefined
  do {
    const page = await translated(() => listPage(client, prefix, token))
    for (const { key, sizeBytes, modifiedAt } of page.objects) {
      const locator = key.slice(prefix.length)
      // What does not tell its age counts as new, so that a sweep leaves it alone.
      if (ID.test(locator)) yield { locator, sizeBytes, modifiedAt: modifiedAt ?? clock.now().getTime() }
    }
    token = page.nextToken
  } while (token !== undefined)
}
