import type { Bot, PendingUpdate, Webhook } from './state.ts'
import type { EmulatorStore } from './store.ts'
import type { EmulatorTime } from './time.ts'
import { toUpdate } from './updates.ts'
import { type HookAnswer, postUpdate } from './webhook-post.ts'

const MAX_RETRY_AFTER_SECONDS = 3600
/** A hook that has said 410 Gone for this long is dropped. */
const GONE_SECONDS = 23 * 3600

export interface WebhookOptions {
  store: EmulatorStore
  time: EmulatorTime
  /** In [0, 1). */
  random: () => number
  /** Runs the method that a hook put into its answer; what becomes of it, the hook does not learn. */
  execute: (bot: Bot, method: string, params: Readonly<Record<string, unknown>>) => Promise<unknown>
}

/** Posts one update once, and settles what the hook's answer means. */
export const webhookSender = ({ store, time, random, execute }: WebhookOptions) => {
  const goneSince = new Map<number, number>()

  const note = (hook: Webhook, message: string): void => {
    hook.lastErrorDate = time.unixSeconds()
    hook.lastErrorMessage = message
    store.changed()
  }

  const isGone = (bot: Bot, { status }: HookAnswer): boolean => {
    if (status !== 410) return false
    const since = goneSince.get(bot.id) ?? time.nowMs()
    goneSince.set(bot.id, since)
    return time.nowMs() - since >= time.toMs(GONE_SECONDS)
  }

  const accept = async (bot: Bot, hook: Webhook, update: PendingUpdate, { text }: HookAnswer): Promise<void> => {
    goneSince.delete(bot.id)
    bot.pending = bot.pending.filter(({ id }) => id !== update.id)
    store.changed()
    const params = parseObject(text)
    if (typeof params?.method !== 'string') return
    try {
      await execute(bot, params.method, params)
    } catch (error) {
      // Nobody waits for this call, so the owner reads of it in getWebhookInfo.
      note(hook, `The method in the webhook's answer failed: ${error instanceof Error ? error.message : error}`)
    }
  }

  return {
    /**
     * @param attempts How often the update was refused before.
     * @returns Seconds until the next attempt, or undefined when there is nothing left to send.
     */
    async send(bot: Bot, update: PendingUpdate, attempts: number): Promise<number | undefined> {
      const hook = bot.webhook
      if (!hook) return undefined
      const answer = await postUpdate(new URL(hook.url), JSON.stringify(toUpdate(update)), hook.secretToken)
      if (bot.webhook !== hook) return undefined
      if (typeof answer === 'string') {
        note(hook, answer)
        return retrySeconds(attempts, undefined, random)
      }
      if (answer.status >= 200 && answer.status < 300) {
        await accept(bot, hook, update, answer)
        return undefined
      }
      note(hook, `Wrong response from the webhook: ${answer.status} ${answer.statusText}`)
      if (!isGone(bot, answer)) return retrySeconds(attempts, answer.retryAfter, random)
      bot.webhook = null
      store.changed()
      return undefined
    },
    forget: (botId: number) => goneSince.delete(botId),
  }
}

/** At once, then 2, 4, 8 … seconds, and at last somewhere between one and two minutes, unless the hook asks for more. */
const retrySeconds = (attempts: number, retryAfter: string | undefined, random: () => number): number => {
  const asked = Number.parseInt(retryAfter ?? '', 10)
  if (asked > 0) return Math.min(asked, MAX_RETRY_AFTER_SECONDS)
  return attempts === 0 ? 0 : Math.min(2 ** attempts, 60 + random() * 60)
}

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
