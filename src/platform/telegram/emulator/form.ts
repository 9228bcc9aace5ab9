import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { type Bytes, discard, type Receiver } from './vault.ts'

export type Form = Record<string, unknown>

/** One file of a multipart body, read to its end. Whoever takes it keeps or discards its bytes. */
export interface Upload {
  fileName: string
  mimeType: string
  bytes: Bytes
}

export interface FormContent {
  params: Form
  /** By the name of their field. */
  files: Map<string, Upload>
}

/** Parameters, without files: the longest text and a large keyboard fit many times over. */
const MAX_PARAMETER_BYTES = 1024 * 1024
const MAX_FIELDS = 100
const MAX_FILES = 20

export interface FormOptions {
  /** Of the whole body, when it is multipart. */
  maxBodyBytes: number
  receiver: () => Receiver
  /** Told of each piece of a multipart body before it is read: it may wait, and it may break the connection. */
  meter: (sizeBytes: number) => Promise<void> | undefined
}

/** A body that cannot be read; the status and the description are those of the answer. */
export class FormError extends Error {
  readonly status: number

  constructor(status: number, description: string) {
    super(description)
    this.name = 'FormError'
    this.status = status
  }
}

const tooLarge = () => new FormError(413, 'Request Entity Too Large')

/**
 * The parameters and the files in a request's body: urlencoded, JSON or multipart.
 *
 * @throws {FormError} 413 past the limits, 400 for what does not parse. No bytes of a file are left then.
 */
export const readForm = async (request: IncomingMessage, options: FormOptions): Promise<FormContent> => {
  const type = (request.headers['content-type'] ?? '').toLowerCase()
  if (type.startsWith('multipart/form-data')) return readMultipart(request, options)
  const body = await readText(request)
  return { params: parseText(type, body), files: new Map() }
}

const parseText = (type: string, body: string): Form => {
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body))
  return type.startsWith('application/json') && body.trim() !== '' ? parseObject(body) : {}
}

const readText = async (request: IncomingMessage): Promise<string> => {
  if (Number(request.headers['content-length'] ?? 0) > MAX_PARAMETER_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > MAX_PARAMETER_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const parseObject = (body: string): Form => {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw new FormError(400, "Bad Request: can't parse request parameters JSON object")
}

const badForm = () => new FormError(400, "Bad Request: can't parse request body")

const readMultipart = async (request: IncomingMessage, options: FormOptions): Promise<FormContent> => {
  const contentType = request.headers['content-type'] ?? ''
  if (!/boundary=/i.test(contentType)) throw badForm()
  if (Number(request.headers['content-length'] ?? 0) > options.maxBodyBytes) throw tooLarge()
  const parser = new Busboy({
    headers: { ...request.headers, 'content-type': contentType },
    limits: { fields: MAX_FIELDS, fieldSize: MAX_PARAMETER_BYTES, files: MAX_FILES },
  })
  const collected = collect(parser, options.receiver)
  const fed = feed(request, parser, options)
  try {
    const [content] = await Promise.all([collected.content, fed])
    return content
  } catch (error) {
    parser.destroy()
    await collected.drop()
    throw error
  }
}

/** Passes the body on piece by piece, no faster than the parser takes it. */
const feed = async (
  request: IncomingMessage,
  parser: BusboyInstance,
  { maxBodyBytes, meter }: FormOptions,
): Promise<void> => {
  let sizeBytes = 0
  try {
    // The request outlives a refusal: what is left of its body is still to be read.
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      sizeBytes += piece.byteLength
      if (sizeBytes > maxBodyBytes) throw tooLarge()
      await meter(piece.byteLength)
      if (!parser.write(piece)) await once(parser, 'drain')
    }
  } catch (error) {
    throw error instanceof FormError ? error : badForm()
  }
  parser.end()
}

/** Gathers what the parser finds. */
const collect = (parser: BusboyInstance, receiver: () => Receiver) => {
  const params: Form = {}
  const files = new Map<string, Upload>()
  const receiving: Promise<void>[] = []
  const streams: Readable[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()

  parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
    if (valueTruncated) reject(tooLarge())
    else params[name] = value
  })
  parser.on('file', (name, stream, fileName, _encoding, mimeType) => {
    const received = receive(stream, receiver()).then((bytes) => void files.set(name, { fileName, mimeType, bytes }))
    received.catch(reject)
    streams.push(stream)
    receiving.push(received)
  })
  parser.on('fieldsLimit', () => reject(tooLarge()))
  parser.on('filesLimit', () => reject(tooLarge()))
  parser.on('error', () => reject(badForm()))
  parser.on('finish', resolve)

  return {
    content: promise.then(async () => {
      await Promise.all(receiving)
      return { params, files }
    }),
    async drop(): Promise<void> {
      for (const stream of streams) stream.destroy(badForm())
      await Promise.allSettled(receiving)
      for (const { bytes } of files.values()) await discard(bytes)
    },
  }
}

const receive = async (stream: Readable, receiver: Receiver): Promise<Bytes> => {
  try {
    for await (const piece of stream) await receiver.write(piece)
    return await receiver.end()
  } catch (error) {
    await receiver.abort()
    throw error
  }
}
