import { toText } from './address.ts'

/** A file that is read while it is sent. Where streams cannot be sent (most browsers), use a `Blob`. */
export interface StreamFile {
  readonly stream: ReadableStream<Uint8Array>
  readonly name: string
  /** Default `application/octet-stream`. */
  readonly type?: string
}

export interface FormContent {
  /** A `File` brings its own name. */
  readonly file: Blob | StreamFile
  /** Of a `Blob` that has none. */
  readonly fileName?: string | undefined
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

export interface EncodedForm {
  readonly body: FormData | ReadableStream<Uint8Array>
  /** Undefined where `fetch` sets the header itself. */
  readonly contentType: string | undefined
}

/** @param field The form's member that holds the file. */
export const encodeForm = (field: string, { file, fileName, fields = {} }: FormContent): EncodedForm => {
  const texts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]): [string, string] => [name, toText(value)])
  if (!(file instanceof Blob)) return encodeStream(field, file, texts)
  const body = new FormData()
  for (const [name, value] of texts) body.append(name, value)
  // Without a name of its own, a blob would be sent as "blob"; the third argument may not be given as undefined.
  if (fileName === undefined) body.append(field, file)
  else body.append(field, file, fileName)
  return { body, contentType: undefined }
}

// FormData takes no streams, so this form is written by hand.
const encodeStream = (field: string, file: StreamFile, texts: readonly [string, string][]): EncodedForm => {
  const boundary = `latchkey-${randomHex(16)}`
  const part = (name: string, rest: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${rest}`
  const type = (file.type ?? 'application/octet-stream').replace(/[\r\n]+/g, ' ')
  const head =
    texts.map(([name, value]) => part(name, `\r\n\r\n${value}\r\n`)).join('') +
    part(field, `; filename="${quoted(file.name)}"\r\nContent-Type: ${type}\r\n\r\n`)
  return {
    body: enclosed(head, file.stream, `\r\n--${boundary}--\r\n`),
    contentType: `multipart/form-data; boundary=${boundary}`,
  }
}

/** @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
const quoted = (name: string): string => name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const enclosed = (head: string, stream: ReadableStream<Uint8Array>, tail: string): ReadableStream<Uint8Array> => {
  const reader = stream.getReader()
  const utf8 = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      controller.enqueue(utf8.encode(head))
    },
    async pull(controller) {
      const { done, value } = await reader.read()
      if (!done) return controller.enqueue(value)
      controller.enqueue(utf8.encode(tail))
      controller.close()
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

// randomUUID is missing in browsers that reach the server over plain HTTP.
const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
