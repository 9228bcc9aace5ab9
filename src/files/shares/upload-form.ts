import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import { AppError } from '../../platform/errors.ts'
import { Failures, type FormFile, type RequestInfo } from '../../platform/http/index.ts'

const MAX_FILES = 1000
const MAX_FIELDS = 32
const MAX_FIELD_BYTES = 64 * 1024
const BUFFER_BYTES = 1024 * 1024

/**
 * Streams the files of a multipart form, one after the other: the next one waits in the socket until `take` has
 * finished with the one before. Fields that are no files are ignored, and so is a field in which none was chosen.
 *
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, TRUNCATED, and what `take` throws: then the rest of the
 * form is not read.
 */
export const readFiles = async (request: RequestInfo, take: (file: FormFile) => Promise<void>): Promise<void> => {
  const parser = parserFor(request)
  const ended = Promise.withResolvers<void>()
  let taken: Promise<void> = Promise.resolve()
  parser.on('file', (_field: string, stream: BusboyFileStream, fileName: string | undefined, _encoding, mimeType) => {
    // What breaks off is reported by whoever reads it, or by the form itself.
    stream.on('error', () => {})
    if (fileName === undefined || fileName === '') return void stream.on('data', () => ended.reject(nameless()))
    taken = taken.then(() => take({ stream, fileName, mimeType }))
    taken.catch(ended.reject)
  })
  parser.on('filesLimit', () =>
    ended.reject(new AppError(Failures.INVALID_INPUT, { message: `A form may have at most ${MAX_FILES} files.` })),
  )
  pump(request, parser, ended)
  try {
    await ended.promise
  } catch (error) {
    parser.destroy()
    // The bytes of the last file are settled before anybody is answered.
    await taken.catch(() => undefined)
    throw error
  }
  await taken
}

const nameless = () => new AppError(Failures.INVALID_INPUT, { message: 'A file needs a name.' })

const parserFor = (request: RequestInfo): BusboyInstance => {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE)
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: { fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, files: MAX_FILES, headerPairs: 32 },
      highWaterMark: BUFFER_BYTES,
      fileHwm: BUFFER_BYTES,
    })
  } catch (cause) {
    throw new AppError(Failures.INVALID_INPUT, { message: 'The form has no boundary.', cause })
  }
}

/** Feeds the request to the parser until the form has ended, or cannot. */
const pump = ({ raw }: RequestInfo, parser: BusboyInstance, ended: PromiseWithResolvers<void>): void => {
  const truncated = (cause?: unknown) => ended.reject(new AppError(Failures.TRUNCATED, { cause }))
  parser.on('finish', ended.resolve)
  parser.on('error', truncated)
  raw.on('aborted', truncated)
  raw.on('error', truncated)
  raw.pipe(parser)
  ended.promise.catch(() => raw.unpipe(parser))
}
