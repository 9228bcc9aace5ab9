import type { Bot, PendingUpdate } from './state.ts'
import { dropExpired } from './updates.ts'
import { type WebhookOptions, webhookSender } from './webhook-sender.ts'

interface Delivery {
  attempts: number
  timer: NodeJS.Timeout | undefined
}

export type Webhooks = ReturnType<typeof webhooks>

/**
 * Brings updates to the hooks of bots. Updates of one chat go one after the other, each until it is taken; those of
 * different chats go side by side.
 *
 * @see https://core.telegram.org/bots/api#setwebhook
 */
export const webhooks = (options: WebhookOptions) => {
  const { time } = options
  const sender = webhookSender(options)
  /** By bot, then by queue: what is on its way or waits for its next attempt. */
  const running = new Map<number, Map<string, Delivery>>()

  const wake = (bot: Bot): void => {
    if (!bot.webhook) return
    dropExpired(bot, time.nowMs())
    const queues = running.get(bot.id) ?? new Map<string, Delivery>()
    running.set(bot.id, queues)
    for (const update of bot.pending) {
      if (queues.size >= bot.webhook.maxConnections) return
      if (!queues.has(update.queueKey)) start(bot, update, queues)
    }
  }

  const start = (bot: Bot, update: PendingUpdate, queues: Map<string, Delivery>): void => {
    const delivery: Delivery = { attempts: 0, timer: undefined }
    queues.set(update.queueKey, delivery)
    // A hook that was set anew begins with queues of its own.
    const isCurrent = () => running.get(bot.id) === queues && bot.webhook !== null
    const attempt = async (): Promise<void> => {
      if (!isCurrent()) return
      const isPending = bot.pending.includes(update) && update.expiresAtMs > time.nowMs()
      const retrySeconds = isPending ? await sender.send(bot, update, delivery.attempts) : undefined
      if (!isCurrent()) return
      if (retrySeconds !== undefined) {
        delivery.attempts += 1
        delivery.timer = setTimeout(() => void attempt(), time.toMs(retrySeconds))
        return
      }
      queues.delete(update.queueKey)
      wake(bot)
    }
    void attempt()
  }

  const clear = (queues: Map<string, Delivery> | undefined): void => {
    for (const { timer } of queues?.values() ?? []) clearTimeout(timer)
  }

  return {
    wake,
    /** Stops what is on its way; updates not yet taken stay pending. */
    stop(botId: number): void {
      clear(running.get(botId))
      running.delete(botId)
      sender.forget(botId)
    },
    stopAll(): void {
      for (const queues of running.values()) clear(queues)
      running.clear()
    },
  }
}
