import { randomBytes } from 'node:crypto'
import type { BotApiFile, BotApiParams } from './api.ts'
import type { StreamedBody } from './exchange.ts'

export interface MultipartFile {
  /** The name of the field. */
  field: string
  fileName: string
  sizeBytes: number
  source: AsyncIterable<Buffer>
}

const CRLF = '\r\n'

/** As browsers escape names. @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
const quoted = (name: string) =>
  `"${name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22').replaceAll('\0', '')}"`

/**
 * A form with one file at its end, made by hand: its exact length is known before the file is read, and the file's bytes
 * are passed on as they are.
 *
 * @param fields `undefined` is left out.
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export const multipartBody = (
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
  { field, fileName, sizeBytes, source }: MultipartFile,
): { contentType: string; contentLength: number; body: StreamedBody } => {
  // 128 random bits do not occur in the file.
  const boundary = `latchkey-${randomBytes(16).toString('hex')}`
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${boundary}`, `content-disposition: form-data; name=${quoted(name)}`, '', `${value}`],
  )
  const opening = [
    ...parts,
    `--${boundary}`,
    `content-disposition: form-data; name=${quoted(field)}; filename=${quoted(fileName)}`,
    'content-type: application/octet-stream',
    '',
    '',
  ]
  const head = Buffer.from(opening.join(CRLF))
  const tail = Buffer.from(`${CRLF}--${boundary}--${CRLF}`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: head.byteLength + sizeBytes + tail.byteLength,
    body: { head, source, sourceBytes: sizeBytes, tail },
  }
}

/**
 * A form with parameters and files, in one piece: for what is in memory anyway.
 *
 * @param params As for a JSON body; what is no text goes as JSON.
 */
export const multipartPayload = (
  params: BotApiParams,
  files: readonly BotApiFile[],
): { contentType: string; payload: Buffer } => {
  const boundary = `latchkey-${randomBytes(16).toString('hex')}`
  const pieces = Object.entries(params).flatMap(([name, value]) => {
    if (value === undefined) return []
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return [`--${boundary}${CRLF}content-disposition: form-data; name=${quoted(name)}${CRLF}${CRLF}${text}${CRLF}`]
  })
  const parts = files.flatMap(({ field, fileName, bytes }) => [
    `--${boundary}${CRLF}content-disposition: form-data; name=${quoted(field)}; filename=${quoted(fileName)}${CRLF}`,
    `content-type: application/octet-stream${CRLF}${CRLF}`,
    bytes,
    CRLF,
  ])
  const payload = Buffer.concat(
    [...pieces, ...parts, `--${boundary}--${CRLF}`].map((piece) =>
      typeof piece === 'string' ? Buffer.from(piece) : piece,
    ),
  )
  return { contentType: `multipart/form-data; boundary=${boundary}`, payload }
}
