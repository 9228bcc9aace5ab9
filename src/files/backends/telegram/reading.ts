import { Readable } from 'node:stream'
import { AppError } from '../../../platform/errors.ts'
import { TelegramFileError } from '../../../platform/telegram/files.ts'
import { BackendErrors, type TransferOptions } from '../backend.ts'
import { type Calls, MAX_TRIES } from './calls.ts'
import { pause, type TelegramContext } from './context.ts'
import { backoffMs, isPassing, toBackendError, unavailable } from './faults.ts'
import type { TelegramBot } from './lane.ts'
import type { TelegramObject } from './tables.ts'
import type { Turn } from './turnstile.ts'

/** A link is good for an hour at least; what was fetched for it stays a while longer. */
const LINK_SECONDS = 50 * 60
const MAX_LINKS = 10_000
/** Telegram also says for a while that a file is not there when it is. */
const BELIEVED_SECONDS = 60 * 60

interface Part {
  readonly object: TelegramObject
  readonly from: number
  readonly to: number
  readonly turn: Turn
}

/** What a download needs: for one bot. */
interface Link {
  readonly bot: TelegramBot
  readonly filePath: string
}

/** Gets objects out of channels: by any bot that has an id of the file, or else by one that can still see the message. */
export const reader = (context: TelegramContext, calls: Calls, bots: readonly TelegramBot[]) => {
  const { client, rows, clock, secondMs } = context
  const links = new Map<string, { readonly filePath: string; readonly untilMs: number }>()

  const keepLink = (fileId: string, filePath: string): void => {
    const [oldest] = links.keys()
    if (links.size >= MAX_LINKS && oldest !== undefined) links.delete(oldest)
    links.set(fileId, { filePath, untilMs: clock.monotonicMs() + LINK_SECONDS * secondMs })
  }

  /** @throws {TelegramFileError} `file` if the id is of no use */
  const linkOf = async (bot: TelegramBot, fileId: string, turn: Turn): Promise<Link> => {
    const known = links.get(fileId)
    if (known !== undefined && known.untilMs > clock.monotonicMs()) return { bot, filePath: known.filePath }
    const { token } = bot
    const { filePath } = await calls.read(bot, turn, () => client.getFile({ token, fileId, signal: turn.signal }))
    keepLink(fileId, filePath)
    return { bot, filePath }
  }

  const noteMissing = async (object: TelegramObject): Promise<never> => {
    const now = clock.now().getTime()
    if (object.failed_at === null) await rows.setFailedAt(object.id, now)
    if (now - (object.failed_at ?? now) > BELIEVED_SECONDS * secondMs) throw new AppError(BackendErrors.OBJECT_MISSING)
    throw unavailable('Telegram does not give this file right now.', 600)
  }

  /** Has another bot look at the message, which gives it an id of its own. */
  const newLink = async (object: TelegramObject, turn: Turn): Promise<Link> => {
    const seen = await calls.look(object.chat_id, object.message_id, turn)
    const document = seen?.message.document
    if (seen === undefined || document?.fileUniqueId !== object.file_unique_id)
      throw new AppError(BackendErrors.OBJECT_MISSING)
    await rows.putFileId(object.id, seen.bot.id, document.fileId)
    try {
      return await linkOf(seen.bot, document.fileId, turn)
    } catch (error) {
      if (error instanceof TelegramFileError && error.reason === 'file') return noteMissing(object)
      throw error
    }
  }

  const anyLink = async (object: TelegramObject, turn: Turn): Promise<Link> => {
    const fileIds = await rows.fileIds(object.id)
    const able = bots.filter((bot) => fileIds.has(bot.id) && bot.revokedFor === undefined)
    let failure: TelegramFileError | undefined
    for (const bot of able.toSorted((a, b) => a.reads.freeInMs() - b.reads.freeInMs())) {
      const fileId = fileIds.get(bot.id) ?? ''
      try {
        return await linkOf(bot, fileId, turn)
      } catch (error) {
        if (!(error instanceof TelegramFileError)) throw error
        failure = error
        if (error.reason === 'file') await rows.dropFileId(object.id, bot.id)
      }
    }
    if (failure !== undefined && failure.reason !== 'file' && failure.reason !== 'token') throw failure
    if (object.state === 'unreachable') throw new AppError(BackendErrors.OBJECT_MISSING, { cause: failure })
    return newLink(object, turn)
  }

  const forgetLink = (filePath: string): void => {
    for (const [fileId, link] of links) if (link.filePath === filePath) links.delete(fileId)
  }

  /** @returns The bytes from `from` on, once the server has begun to give them. */
  const begin = async ({ object, from, to, turn }: Part): Promise<Readable> => {
    for (let tries = 1; ; tries++) {
      const { bot, filePath } = await anyLink(object, turn)
      try {
        const stream = await calls.read(bot, turn, () =>
          client.download({ token: bot.token, filePath, from, to, signal: turn.signal }),
        )
        if (object.failed_at !== null) await rows.setFailedAt(object.id, null)
        return stream
      } catch (error) {
        if (!(error instanceof TelegramFileError) || tries >= MAX_TRIES) throw error
        forgetLink(filePath)
        // A link that has expired; of a token that was revoked the next round takes another bot.
        if (error.reason !== 'file' && error.reason !== 'token') throw error
      }
    }
  }

  /** Goes on where the line broke. */
  async function* whole(part: Part, first: Readable): AsyncGenerator<Buffer> {
    let [from, stream] = [part.from, first]
    for (let tries = 1; ; tries++) {
      const current = stream
      try {
        for await (const piece of current) {
          if (!Buffer.isBuffer(piece)) throw new TypeError('a download gives buffers')
          from += piece.length
          yield piece
        }
        return
      } catch (error) {
        if (!(error instanceof TelegramFileError) || !isPassing(error) || tries >= MAX_TRIES)
          throw toBackendError(error)
        // All of it came, and only the end of the connection was lost.
        if (from > part.to) return
        await pause(backoffMs(tries, secondMs), part.turn.signal)
        stream = await begin({ ...part, from }).catch((cause: unknown) => {
          throw toBackendError(cause)
        })
      } finally {
        current.destroy()
      }
    }
  }

  return async (locator: string, from: number, to: number, options: TransferOptions): Promise<Readable> => {
    const { signal, background } = options
    signal?.throwIfAborted()
    const object = await rows.find(locator)
    if (object === undefined || object.state === 'stray') throw new AppError(BackendErrors.OBJECT_MISSING)
    if (to >= object.size_bytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
    const part = { object, from, to, turn: { signal, background } }
    const first = await begin(part).catch((error: unknown) => {
      throw toBackendError(error)
    })
    const pieces = whole(part, first)
    const stream = Readable.from(pieces, { objectMode: false, highWaterMark: 1024 * 1024, ...(signal && { signal }) })
    // If nobody reads a piece, the generator never starts, and nobody else would end the download.
    stream.once('close', () => first.destroy())
    return stream
  }
}
