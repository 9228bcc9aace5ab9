import { AppError } from '../../../errors.ts'
import { deliver, type World } from '../world.ts'
import { ControlErrors } from './errors.ts'
import { getBot, putCallback, putInlineQuery } from './shared.ts'

export const updateControl = (world: World) => ({
  /**
   * Hands any update to a bot; `update_id` in it is ignored, and null in the answer when the bot has not asked for it.
   *
   * @throws {AppError} SIMULATOR_BOT_NOT_FOUND, SIMULATOR_UPDATE_INVALID
   */
  injectUpdate(botId: number, update: Readonly<Record<string, unknown>>): { update_id: number | null } {
    const [only, ...others] = Object.entries(update).filter(([member]) => member !== 'update_id')
    if (!only || others.length > 0) throw new AppError(ControlErrors.SIMULATOR_UPDATE_INVALID)
    const [type, body] = only
    if (type === 'inline_query') putInlineQuery(world, botId, idOf(body), '')
    if (type === 'callback_query' && idOf(body) !== '') putCallback(world, botId, idOf(body))
    return { update_id: deliver(world, getBot(world, botId), type, body, `injected:${type}`) }
  },

  /** Resolves when the bot has confirmed the update, at once when it is no longer pending. */
  async waitForConfirmed(botId: number, updateId: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const isPending = () => world.store.bot(botId)?.pending.some(({ id }) => id === updateId) ?? false
    if (!isPending()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = () => reject(signal?.reason)
    const stop = world.store.onChange(() => {
      if (!isPending()) resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
    await promise.finally(() => {
      stop()
      signal?.removeEventListener('abort', abort)
    })
  },
})

const idOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : ''
