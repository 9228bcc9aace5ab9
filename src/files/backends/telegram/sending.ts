import { createHash } from 'node:crypto'
import { AppError } from '../../../platform/errors.ts'
import { newId, randomBase62 } from '../../../platform/ids.ts'
import { SourceSizeError, TelegramFileError } from '../../../platform/telegram/files.ts'
import { BackendErrors, type PutOptions } from '../backend.ts'
import { untilAborted } from '../source.ts'
import { MAX_TRIES } from './calls.ts'
import { pause, type TelegramContext } from './context.ts'
import { backoffMs, isPassing, isShut, toBackendError } from './faults.ts'
import type { Lane } from './lane.ts'
import type { Slot } from './lanes.ts'
import type { Reconciler } from './reconcile.ts'
import type { Attempt, NewObject } from './rows.ts'
import type { Standing } from './standing.ts'

interface Gathered {
  readonly bytes: Buffer
  readonly sha256: Buffer
}

/** One copy in memory: what was sent may have to be sent again, and its hash stands in front of it. */
export const gather = async (source: AsyncIterable<Buffer>, sizeBytes: number): Promise<Gathered> => {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes)
  const hash = createHash('sha256')
  let position = 0
  for await (const piece of source) {
    if (position + piece.length > sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
    piece.copy(bytes, position)
    hash.update(piece)
    position += piece.length
  }
  if (position !== sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
  return { bytes, sha256: hash.digest() }
}

const PIECE_BYTES = 1024 * 1024

async function* inPieces(bytes: Buffer): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

/** Puts objects into channels, one message each. */
export const sender = (context: TelegramContext, standing: Standing, reconciler: Reconciler) => {
  const { client, lanes, rows, book, manifests, chatIds, clock, secondMs } = context

  /** @returns The object, once its message and its row are there. @throws {TelegramFileError} */
  const send = async (
    id: string,
    lane: Lane,
    object: Gathered,
    attempt: Attempt,
    options: PutOptions,
  ): Promise<void> => {
    const { bot, chatId } = lane
    const { bytes, sha256 } = object
    const manifest = {
      objectId: id,
      attemptId: attempt.id,
      sizeBytes: bytes.length,
      sha256,
      about: options.about ?? {},
    }
    const sent = await client.sendDocument({
      token: bot.token,
      chatId,
      fileName: `${randomBase62(16)}.bin`,
      caption: manifests.toCaption(manifest),
      sizeBytes: bytes.length,
      source: inPieces(bytes),
      signal: options.signal,
    })
    if (sent.sizeBytes !== undefined && sent.sizeBytes !== bytes.length) {
      await rows.insertMessages(chatId, [sent.messageId], 'due', clock.now().getTime())
      await rows.deleteAttempt(attempt.id)
      throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
    }
    const made: NewObject = {
      id,
      sizeBytes: bytes.length,
      sha256,
      chatId,
      messageId: sent.messageId,
      botId: bot.id,
      fileUniqueId: sent.fileUniqueId,
      fileIds: [{ botId: bot.id, fileId: sent.fileId }],
      createdAt: clock.now().getTime(),
    }
    book.stored(chatId, sent.messageId)
    await rows.settle(attempt.id, made)
  }

  const newAttempt = ({ bot, chatId }: Lane, objectId: string): Attempt => ({
    id: newId('try'),
    objectId,
    botId: bot.id,
    chatId,
    afterMessageId: book.lastMessageId(chatId),
    createdAt: clock.now().getTime(),
  })

  /** @returns What went wrong, or that nothing was tried; undefined if the object is there. */
  const tryOnce = async (
    id: string,
    { lane, release }: Slot,
    object: Gathered,
    options: PutOptions,
  ): Promise<TelegramFileError | 'later' | undefined> => {
    const attempt = newAttempt(lane, id)
    reconciler.begin(attempt.id)
    try {
      await rows.insertAttempt(attempt)
      // Another document may have been refused since this one got its turn.
      if (lanes.isPaused(lane)) {
        await rows.deleteAttempt(attempt.id)
        return 'later'
      }
      await send(id, lane, object, attempt, options)
      await lanes.succeeded(lane)
      return undefined
    } catch (error) {
      // The whole request may have left before the caller lost interest: the attempt stays, to be looked for.
      if (!(error instanceof TelegramFileError)) {
        if (error instanceof AppError || error instanceof SourceSizeError) await rows.deleteAttempt(attempt.id)
        throw error
      }
      if (error.outcome === 'not-done') await rows.deleteAttempt(attempt.id)
      await learn(lane, error)
      return error
    } finally {
      reconciler.end(attempt.id)
      release()
    }
  }

  const learn = async (lane: Lane, error: TelegramFileError): Promise<void> => {
    if (error.reason === 'flood') return lanes.flooded(lane, error)
    if (error.reason === 'token') return lanes.revoke(lane.bot, error.description)
    if (!isShut(error)) return lanes.failed(lane, error)
    await lanes.shut(lane, error.description, error.reason !== 'forbidden')
    // It may be full and still be read: that is not in this answer.
    if (error.reason === 'forbidden') await standing.checkGone(lane)
  }

  const isStored = async (id: string): Promise<boolean> => (await rows.find(id)) !== undefined

  /** @param only The channel that it must be; any unless told. */
  return async (
    id: string,
    source: AsyncIterable<Buffer>,
    sizeBytes: number,
    options: PutOptions,
    only?: number,
  ): Promise<void> => {
    const { signal, background } = options
    const avoided = new Set<Lane>()
    const isWanted = (chatId: number) => (only === undefined ? chatIds.includes(chatId) : chatId === only)
    const accepts = (lane: Lane) => isWanted(lane.chatId) && !book.isFull(lane.chatId) && !avoided.has(lane)
    const take = () => lanes.take({ sizeBytes, accepts, background, signal })
    await book.refresh()
    let slot = await take()
    let object: Gathered
    try {
      object = await gather(signal === undefined ? source : untilAborted(source, signal), sizeBytes)
    } catch (error) {
      slot.release(true)
      throw error
    }
    const failures = new Map<Lane, number>()
    for (;;) {
      const { lane } = slot
      const error = await tryOnce(id, slot, object, options)
      if (error === undefined) return
      if (error === 'later') {
        slot = await take()
        continue
      }
      if (error.outcome === 'unknown' && (await reconciler.find(lane.chatId, id, { signal, background }))) return
      if (error.reason === 'too-large') throw new AppError(BackendErrors.OBJECT_TOO_LARGE, { cause: error })
      if (isPassing(error)) {
        const tries = (failures.get(lane) ?? 0) + 1
        failures.set(lane, tries)
        if (tries >= MAX_TRIES) avoided.add(lane)
        await pause(backoffMs(tries, secondMs), signal)
      } else if (error.reason !== 'flood' && !isShut(error)) throw toBackendError(error)
      if (await isStored(id)) return
      slot = await take()
    }
  }
}
