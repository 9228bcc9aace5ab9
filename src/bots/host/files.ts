import { z } from 'zod'
import { HostCallError, type Json } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { int, optional, text } from './parameters.ts'

/** What one call carries; Python's files.py knows the same number. */
const PIECE_BYTES = 480_000

const write = declare({
  name: 'files.write',
  facade: 'internal',
  parameters: { piece: text('Base64.'), number: optional(int('Of the file that goes on.')) },
  returns: 'int',
  about: 'Hands bytes to the server for this run.',
  example: '',
})

const read = declare({
  name: 'files.read',
  facade: 'internal',
  parameters: { number: int('Of the file.'), offset: int('Where to read from.') },
  returns: 'str',
  about: 'Reads bytes that the server holds for this run.',
  example: '',
})

export const fileDeclarations = [write, read] as const

export const fileHandlers = (): Handler[] => [
  handle(write, async ({ piece, number }, { files }) => files.put(Buffer.from(piece, 'base64'), number)),
  handle(read, async ({ number, offset }, { files }) =>
    files
      .get(number)
      .subarray(offset, offset + PIECE_BYTES)
      .toString('base64'),
  ),
]

/** A file for the command: `File` in Python. */
export const toFile = ({ files }: HostContext, name: string, bytes: Buffer): Json => ({
  $file: { name, number: files.put(bytes), size: bytes.length },
})

const SentFile = z.strictObject({
  $file: z.strictObject({ name: z.string().max(255), number: z.int().min(0) }),
})

/** @returns The file that an argument is, or undefined if it is something else. */
export const asFile = ({ files }: HostContext, value: unknown): { name: string; bytes: Buffer } | undefined => {
  const sent = SentFile.safeParse(value).data
  return sent && { name: sent.$file.name || 'file', bytes: files.get(sent.$file.number) }
}

const KeptText = z.union([z.strictObject({ $text: z.string() }), z.strictObject({ $json: z.int().min(0) })])

/** The text of a value that a command wants kept. @throws {HostCallError} when it is no JSON. */
export const textOf = ({ files }: HostContext, value: Json): string => {
  const kept = KeptText.safeParse(value).data
  const text =
    kept === undefined ? JSON.stringify(value) : '$text' in kept ? kept.$text : files.get(kept.$json).toString()
  try {
    JSON.parse(text)
  } catch (error) {
    throw new HostCallError('the value is not JSON', { kind: 'ValueError', cause: error })
  }
  return text
}

/** A kept value for the command. @param json Its text; null for none. */
export const toValue = ({ files }: HostContext, json: string | null): Json => {
  if (json === null) return null
  return json.length <= PIECE_BYTES ? { $text: json } : { $json: files.put(Buffer.from(json)) }
}
