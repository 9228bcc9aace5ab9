import type { Calls, SeenMessage } from './calls.ts'
import type { TelegramContext } from './context.ts'
import { isHeld } from './lane.ts'
import type { Attempt, NewObject } from './rows.ts'
import type { Turn } from './turnstile.ts'

/** So many numbers behind the last known message are looked at; more are not under way at once. */
const LOOK_AHEAD = 8
const WINDOW = 200
/** What has not arrived by then never will. */
const SETTLE_SECONDS = 15 * 60

export type Reconciler = ReturnType<typeof reconciler>

/**
 * Finds out what became of messages whose sending broke off. Sending is not idempotent, so nothing is sent again blindly:
 * the numbers of a channel's messages that no row claims are looked at, and what is found is adopted or is to go.
 */
export const reconciler = (context: TelegramContext, calls: Calls) => {
  const { rows, book, lanes, manifests, clock, secondMs, log } = context
  /** Attempts of this process that are being sent. */
  const sending = new Set<string>()
  const turns = new Map<number, Promise<unknown>>()

  const inTurn = <T>(chatId: number, work: () => Promise<T>): Promise<T> => {
    const mine = (turns.get(chatId) ?? Promise.resolve()).then(work)
    turns.set(
      chatId,
      mine.catch(() => {}),
    )
    return mine
  }

  const isOld = ({ createdAt }: { createdAt: number }): boolean =>
    clock.now().getTime() - createdAt > SETTLE_SECONDS * secondMs

  /** Whether nobody can be sending it any more: its lane is ours and we are not, or it is too long ago. */
  const isOver = (attempt: Attempt): boolean => {
    if (sending.has(attempt.id)) return false
    const lane = lanes.all.find(({ bot, chatId }) => bot.id === attempt.botId && chatId === attempt.chatId)
    return lane === undefined || isHeld(lane) || isOld(attempt)
  }

  const toObject = (chatId: number, { bot, message }: SeenMessage, messageId: number): NewObject | undefined => {
    const manifest = manifests.parse(message.caption)
    const { document } = message
    if (manifest === undefined || document === undefined) return undefined
    if (document.sizeBytes !== undefined && document.sizeBytes !== manifest.sizeBytes) return undefined
    return {
      id: manifest.objectId,
      sizeBytes: manifest.sizeBytes,
      sha256: manifest.sha256,
      chatId,
      messageId,
      botId: bot.id,
      fileUniqueId: document.fileUniqueId,
      fileIds: [{ botId: bot.id, fileId: document.fileId }],
      createdAt: clock.now().getTime(),
    }
  }

  /** Decides about one message that no row claims. */
  const judge = async (chatId: number, messageId: number, seen: SeenMessage, attempts: readonly Attempt[]) => {
    const object = toObject(chatId, seen, messageId)
    const manifest = manifests.parse(seen.message.caption)
    const now = clock.now().getTime()
    if (object === undefined || manifest === undefined) return rows.insertMessages(chatId, [messageId], 'foreign', now)
    if (sending.has(manifest.attemptId)) return
    const attempt = attempts.find(({ id }) => id === manifest.attemptId)
    if (attempt !== undefined) {
      if (!isOver(attempt)) return
      if (attempt.objectId === object.id) return void (await rows.settle(attempt.id, object))
      // What it was sent for was deleted meanwhile.
      await rows.insertMessages(chatId, [messageId], 'due', now)
      return rows.deleteAttempt(attempt.id)
    }
    const known = await rows.find(object.id)
    if (known === undefined) return rows.insertStray(object, JSON.stringify(manifest.about))
    if (known.chat_id !== chatId || known.message_id !== messageId)
      await rows.insertMessages(chatId, [messageId], 'due', now)
  }

  /** Looks at every message after `from` that no row claims. @param isDone Whether that is enough. */
  const scan = async (chatId: number, from: number, turn: Turn, isDone = async () => false): Promise<void> => {
    let claimed = new Set<number>()
    for (let [id, misses, window] = [from + 1, 0, from]; misses < LOOK_AHEAD; id++) {
      if (id > window) {
        window = id + WINDOW
        claimed = await rows.claimed(chatId, id - 1, window)
      }
      if (claimed.has(id)) {
        misses = 0
        continue
      }
      const seen = await calls.look(chatId, id, turn)
      // A message that was forwarded into the same channel has a number there, too.
      claimed = await rows.claimed(chatId, id, window)
      if (seen === undefined) {
        if (id > book.lastMessageId(chatId)) misses += 1
        continue
      }
      misses = 0
      book.seen(chatId, id)
      await judge(chatId, id, seen, await rows.attempts(chatId))
      if (await isDone()) return
    }
  }

  return {
    begin: (attemptId: string): void => void sending.add(attemptId),
    end: (attemptId: string): void => void sending.delete(attemptId),
    scan: (chatId: number, from: number, signal?: AbortSignal) =>
      inTurn(chatId, () => scan(chatId, from, { signal, background: true })),

    /** Looks for an object whose sending had an unclear end. @returns Whether it is there now. */
    find: (chatId: number, objectId: string, turn: Turn): Promise<boolean> =>
      inTurn(chatId, async () => {
        const isDone = async () => (await rows.find(objectId)) !== undefined
        if (await isDone()) return true
        const mine = (await rows.attempts(chatId)).filter((attempt) => attempt.objectId === objectId && isOver(attempt))
        if (mine.length === 0) return false
        await scan(chatId, Math.min(...mine.map(({ afterMessageId }) => afterMessageId)), turn, isDone)
        return isDone()
      }),

    /** Clears up all attempts with an unclear end that are ours to look after. */
    async settle(chatId: number, signal?: AbortSignal): Promise<void> {
      await inTurn(chatId, async () => {
        const over = (await rows.attempts(chatId)).filter(isOver)
        if (over.length === 0 || !lanes.canSeeChat(chatId)) return
        await scan(chatId, Math.min(...over.map(({ afterMessageId }) => afterMessageId)), { signal, background: true })
        const left = new Set((await rows.attempts(chatId)).map(({ id }) => id))
        // Looked at after it was too old to arrive: it did not.
        const lost = over.filter((attempt) => left.has(attempt.id) && isOld(attempt))
        for (const { id } of lost) await rows.deleteAttempt(id)
        log.info(
          { chat: chatId, attempts: over.length, open: left.size },
          'looked for messages whose sending broke off',
        )
      })
    },
  }
}
