import type { IncomingMessage } from 'node:http'
import { Busboy } from '@fastify/busboy'

export type Form = Record<string, unknown>

/** Parameters, without files: the longest text and a large keyboard fit many times over. */
const MAX_PARAMETER_BYTES = 1024 * 1024
const MAX_FIELDS = 100
/** A multipart form may carry files. @see https://core.telegram.org/bots/api#sending-files */
const MAX_FILE_BYTES = 50 * 1024 * 1024
const MAX_FILES = 10

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
 * The parameters in a request's body: urlencoded, JSON or multipart. The bytes of files are read and dropped: no method
 * takes a file yet.
 *
 * @throws {FormError} 413 past the limits, 400 for what does not parse.
 */
export const readForm = async (request: IncomingMessage): Promise<Form> => {
  const type = (request.headers['content-type'] ?? '').toLowerCase()
  if (type.startsWith('multipart/form-data')) return readMultipart(request)
  const body = await readText(request)
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

const readMultipart = (request: IncomingMessage): Promise<Form> =>
  new Promise((resolve, reject) => {
    const form: Form = {}
    const fail = (error: FormError) => {
      request.unpipe()
      reject(error)
    }
    const badForm = () => fail(new FormError(400, "Bad Request: can't parse request body"))
    const contentType = request.headers['content-type'] ?? ''
    if (!/boundary=/i.test(contentType)) return badForm()
    const parser = new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: { fields: MAX_FIELDS, fieldSize: MAX_PARAMETER_BYTES, files: MAX_FILES, fileSize: MAX_FILE_BYTES },
    })
    parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) fail(tooLarge())
      else form[name] = value
    })
    parser.on('file', (_name, stream) => {
      stream.on('limit', () => fail(tooLarge()))
      stream.resume()
    })
    parser.on('fieldsLimit', () => fail(tooLarge()))
    parser.on('filesLimit', () => fail(tooLarge()))
    parser.on('error', badForm)
    parser.on('finish', () => resolve(form))
    request.on('aborted', badForm)
    request.pipe(parser)
  })
