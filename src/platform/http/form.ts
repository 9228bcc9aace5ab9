import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import type { StreamBody } from './contract.ts'
import { Failures } from './failures.ts'
import { parseInput } from './parse.ts'
import type { Form, FormFile, RequestInfo } from './route.ts'

const MAX_FIELDS = 32
const MAX_FIELD_BYTES = 64 * 1024
const BUFFER_BYTES = 1024 * 1024

/**
 * Streams a multipart form: its text fields are collected, its one file goes to `store` while it arrives. A form may be
 * refused after its file was stored: the caller takes back what `store` made whenever this throws.
 *
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT (no file, two files, too many fields), TRUNCATED.
 * Whatever `store` throws is passed on at once; the rest of the form is not read.
 */
export const readForm = async <Stored>(
  request: RequestInfo,
  body: StreamBody,
  store: (file: FormFile) => Promise<Stored>,
): Promise<Form<z.infer<z.ZodType>, Stored>> => {
  const parser = formParser(request, 2)
  const fields = new Map<string, string>()
  const ended = Promise.withResolvers<void>()
  let stored: Promise<Stored> | undefined
  const refuse = (message: string): void => ended.reject(new AppError(Failures.INVALID_INPUT, { message }))
  collectFields(parser, fields, refuse)
  parser.on(
    'file',
    (name: string, stream: BusboyFileStream, fileName: string | undefined, _encoding: string, mimeType: string) => {
      if (name !== body.field || stored !== undefined) {
        stream.resume()
        return refuse(`Send exactly one file, in the field ${body.field}.`)
      }
      stored = store({ stream, fileName: fileName ?? '', mimeType })
      stored.catch(ended.reject)
    },
  )
  feedForm(request, parser, ended)
  try {
    await ended.promise
  } catch (error) {
    // The stored bytes must be settled before the caller takes them back.
    parser.destroy()
    await stored?.catch(() => undefined)
    throw error
  }
  if (stored === undefined)
    throw new AppError(Failures.INVALID_INPUT, { message: `The form has no file in the field ${body.field}.` })
  const file = await stored
  return { fields: body.fields === undefined ? {} : parseInput(body.fields, Object.fromEntries(fields), 'form'), file }
}

const collectFields = (
  parser: BusboyInstance,
  fields: Map<string, string>,
  refuse: (message: string) => void,
): void => {
  parser.on('field', (name: string, value: string, nameTruncated: boolean, valueTruncated: boolean) => {
    if (nameTruncated || valueTruncated) refuse(`The field ${JSON.stringify(name.slice(0, 64))} is too long.`)
    else if (fields.has(name)) refuse(`The field ${JSON.stringify(name.slice(0, 64))} comes twice.`)
    else fields.set(name, value)
  })
  parser.on('fieldsLimit', () => refuse(`A form may have at most ${MAX_FIELDS} fields.`))
  parser.on('filesLimit', () => refuse('A form may have at most one file.'))
}

/**
 * @param mostFiles One more is an event `filesLimit`.
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT
 */
export const formParser = (request: RequestInfo, mostFiles: number): BusboyInstance => {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE)
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: { fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, files: mostFiles, headerPairs: 32 },
      highWaterMark: BUFFER_BYTES,
      fileHwm: BUFFER_BYTES,
    })
  } catch (cause) {
    throw new AppError(Failures.INVALID_INPUT, { message: 'The form has no boundary.', cause })
  }
}

/** Feeds the request to the parser until the form has ended, or cannot: then `ended` is rejected with TRUNCATED. */
export const feedForm = ({ raw }: RequestInfo, parser: BusboyInstance, ended: PromiseWithResolvers<void>): void => {
  const truncated = (cause?: unknown) => ended.reject(new AppError(Failures.TRUNCATED, { cause }))
  parser.on('finish', ended.resolve)
  parser.on('error', truncated)
  raw.on('aborted', truncated)
  raw.on('error', truncated)
  raw.pipe(parser)
  ended.promise.catch(() => raw.unpipe(parser))
}
