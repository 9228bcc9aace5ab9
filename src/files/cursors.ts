import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import { Failures } from '../platform/http/index.ts'

/** The last item of a page: what the list is sorted by, and its id. The next page starts behind it. */
export interface Position {
  readonly value: string | number
  readonly id: string
}

// Both go into a query as they are: no database takes a NUL or half of a character.
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'))
const Parts = z.tuple([z.union([Text, z.int()]), Text, z.string()])

/** @param list Everything that decides which list the position is in: a cursor fits no other list. */
export const toCursor = ({ value, id }: Position, list: unknown): string =>
  Buffer.from(JSON.stringify([value, id, fingerprint(list)])).toString('base64url')

/** @throws {AppError} INVALID_INPUT when it is no cursor of ours, or one of another list */
export const parseCursor = (cursor: string, list: unknown, type: 'string' | 'number'): Position => {
  const { data } = Parts.safeParse(jsonOf(cursor))
  const [value, id, mark] = data ?? []
  if (value === undefined || id === undefined || mark !== fingerprint(list) || typeof value !== type)
    throw new AppError(Failures.INVALID_INPUT, {
      message: 'cursor does not continue this list. Start without a cursor, and keep the filters from page to page.',
    })
  return { value, id }
}

const jsonOf = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

const fingerprint = (list: unknown): string =>
  createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, 16)
