import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import type { StreamBody } from './contract.ts'
import { Failures } from './failures.ts'
import { parseInput } from './parse.ts'
import type { Form, FormFile, RequestInfo } from './route.ts'

const MAX_FIELDS = 32
const MAX_FIELD_BYTES = 64 * 1024

/**
 * Streams a multipart form: its text fields are collected, its one file goes to `store` while it arrives.
 *
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT (no file, two files, too many fields), TRUNCATED.
 * Whatever `store` throws is passed on; the rest of the form is then thrown away.
 */
export const readForm = async <Stored>(
  request: RequestInfo,
  body: StreamBody,
  store: (file: FormFile) => Promise<Stored>,
): Promise<Form<z.infer<z.ZodType>, Stored>> => {
  const parser = parserFor(request)
  const fields = new Map<string, string>()
  let stored: Promise<Stored> | undefined
  let refusal: AppError | undefined
  const refuse = (message: string): void => {
    refusal ??= new AppError(Failures.INVALID_INPUT, { message })
  }

  parser.on('field', (name: string, value: string, nameTruncated: boolean, valueTruncated: boolean) => {
    if (nameTruncated || valueTruncated) refuse(`The field ${JSON.stringify(name.slice(0, 64))} is too long.`)
    else if (fields.has(name)) refuse(`The field ${JSON.stringify(name.slice(0, 64))} comes twice.`)
    else fields.set(name, value)
  })
  parser.on(
    'file',
    (name: string, stream: BusboyFileStream, fileName: string | undefined, _encoding: string, mimeType: string) => {
      if (name !== body.field || stored !== undefined) {
        refuse(`Send exactly one file, in the field ${body.field}.`)
        stream.resume()
        return
      }
      stored = store({ stream, fileName: fileName ?? '', mimeType })
      // The failure is reported below, when the form has been read; until then it must not count as unhandled.
      stored.catch(() => stream.resume())
    },
  )
  parser.on('fieldsLimit', () => refuse(`A form may have at most ${MAX_FIELDS} fields.`))
  parser.on('partsLimit', () => refuse('A form may have at most one file.'))

  const failed = await pump(request, parser)
  if (failed !== undefined) {
    await stored?.catch(() => undefined)
    throw failed
  }
  if (stored === undefined)
    throw (
      refusal ?? new AppError(Failures.INVALID_INPUT, { message: `The form has no file in the field ${body.field}.` })
    )
  const file = await stored
  if (refusal !== undefined) throw new FormRefused(refusal, file)
  const parsed = body.fields === undefined ? {} : parseFields(body.fields, fields, file)
  return { fields: parsed, file }
}

/** A form that was refused after its file had been stored: the route discards `stored`. */
export class FormRefused<Stored> extends Error {
  readonly refusal: AppError
  readonly stored: Stored

  constructor(refusal: AppError, stored: Stored) {
    super(refusal.message, { cause: refusal })
    this.refusal = refusal
    this.stored = stored
  }
}

const parseFields = <Stored>(schema: z.ZodType, fields: Map<string, string>, file: Stored): unknown => {
  try {
    return parseInput(schema, Object.fromEntries(fields), 'form')
  } catch (error) {
    throw error instanceof AppError ? new FormRefused(error, file) : error
  }
}

const parserFor = (request: RequestInfo): BusboyInstance => {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE)
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: { fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, files: 2, headerPairs: 32 },
      highWaterMark: 1024 * 1024,
      fileHwm: 1024 * 1024,
    })
  } catch (cause) {
    throw new AppError(Failures.INVALID_INPUT, { message: 'The form has no boundary.', cause })
  }
}

/** @returns What went wrong while the form was read, or undefined when it was read to its end. */
const pump = (request: RequestInfo, parser: BusboyInstance): Promise<AppError | undefined> =>
  new Promise((resolve) => {
    const { raw } = request
    const truncated = (cause?: unknown) => {
      raw.unpipe(parser)
      parser.destroy()
      resolve(new AppError(Failures.TRUNCATED, { cause }))
    }
    parser.on('finish', () => resolve(undefined))
    parser.on('error', truncated)
    raw.on('aborted', truncated)
    raw.on('error', truncated)
    raw.pipe(parser)
  })
