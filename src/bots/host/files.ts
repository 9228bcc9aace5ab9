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

const LargeValue = z.strictObject({ $json: z.int().min(0) })

/** A value that did not fit one call comes as the number of its text. */
export const wholeValue = ({ files }: HostContext, value: Json): Json => {
  const large = LargeValue.safeParse(value).data
  if (large === undefined) return value
  try {
    return JSON.parse(files.get(large.$json).toString()) as Json
  } catch (error) {
    throw new HostCallError('the value could not be read', { kind: 'ValueError', cause: error })
  }
}

/** @param json Text. It goes in pieces when it does not fit one answer. */
export const valueFromText = ({ files }: HostContext, json: string): Json =>
  json.length <= PIECE_BYTES ? (JSON.parse(json) as Json) : { $json: files.put(Buffer.from(json)) }
