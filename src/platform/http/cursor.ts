import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import { Failures } from './failures.ts'

/** The last item of a page, newest first: the next page starts behind it. */
export interface Position {
  readonly createdAt: number
  readonly id: string
}

/** @param list Everything that decides which list the position is in: a cursor fits no other list. */
export const toCursor = ({ createdAt, id }: Position, list: unknown): string =>
  Buffer.from(`${createdAt}.${id}.${fingerprint(list)}`).toString('base64url')

/** @throws {AppError} INVALID_INPUT when it is no cursor of ours, or one of another list */
export const parseCursor = (cursor: string, list: unknown): Position => {
  const match = /^(\d{1,16})\.([a-z]+_\w{1,40})\.(\w+)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const [, createdAt, id, mark] = match ?? []
  if (createdAt === undefined || id === undefined || mark !== fingerprint(list)) {
    throw new AppError(Failures.INVALID_INPUT, {
      message: 'cursor does not continue this list. Start without a cursor, and keep the filters from page to page.',
    })
  }
  return { createdAt: Number(createdAt), id }
}

const fingerprint = (list: unknown): string =>
  createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, 16)
