import type { BusboyFileStream } from '@fastify/busboy'
import { AppError } from '../../platform/errors.ts'
import { feedForm, formParser } from '../../platform/http/form.ts'
import { Failures, type FormFile, type RequestInfo } from '../../platform/http/index.ts'

const MAX_FILES = 1000

/**
 * Streams the files of a multipart form, one after the other: the next one waits in the socket until `take` has
 * finished with the one before. Fields that are no files are ignored, and so is a field in which none was chosen.
 *
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, TRUNCATED, and what `take` throws: then the rest of the
 * form is not read.
 */
export const readFiles = async (request: RequestInfo, take: (file: FormFile) => Promise<void>): Promise<void> => {
  const parser = formParser(request, MAX_FILES)
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
  feedForm(request, parser, ended)
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
