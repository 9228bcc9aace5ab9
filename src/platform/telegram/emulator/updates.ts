import { UPDATE_TYPES } from '../api.ts'
import type { Bot, PendingUpdate } from './state.ts'

/** Not sent unless asked for by name. @see https://core.telegram.org/bots/api#getupdates */
const NOT_BY_DEFAULT = new Set(['chat_member', 'message_reaction', 'message_reaction_count'])

const KNOWN_TYPES = new Set<string>(UPDATE_TYPES)

/** Seconds until an update is dropped; the rest live for a day. */
const LIFETIME_SECONDS: Record<string, number> = {
  inline_query: 30,
  callback_query: 150,
  shipping_query: 150,
  pre_checkout_query: 150,
  chosen_inline_result: 600,
}

export const lifetimeSeconds = (type: string): number => LIFETIME_SECONDS[type] ?? 86_400

export const allows = ({ allowedUpdates }: Bot, type: string): boolean =>
  allowedUpdates === null ? !NOT_BY_DEFAULT.has(type) : allowedUpdates.includes(type)

/**
 * Remembers what `allowed_updates` asks for. Absent leaves the setting alone; a list without a known type, such as an
 * empty one, brings the default back.
 *
 * @returns Whether the setting is another one now.
 */
export const rememberAllowedUpdates = (bot: Bot, types: readonly unknown[] | undefined): boolean => {
  if (types === undefined || !types.every((type) => typeof type === 'string')) return false
  const known = types.map((type) => type.toLowerCase()).filter((type) => KNOWN_TYPES.has(type))
  const asked = known.length > 0 ? [...new Set(known)] : null
  const isOther = `${asked}` !== `${bot.allowedUpdates}`
  bot.allowedUpdates = asked
  return isOther
}

/** Drops what has expired. An expired update is gone for good; its number is not used again. */
export const dropExpired = (bot: Bot, nowMs: number): void => {
  if (bot.pending.some((update) => update.expiresAtMs <= nowMs)) {
    bot.pending = bot.pending.filter((update) => update.expiresAtMs > nowMs)
  }
}

/** How far past the end an offset may point and still be believed; one further on confirms nothing. */
const FUTURE_OFFSET_SLACK = 10

/** Forgets every update below the offset, as `getUpdates` does before it answers. */
export const confirm = (bot: Bot, offset: number): void => {
  const from = offset < 0 ? bot.nextUpdateId + offset : offset
  if (from > bot.nextUpdateId + FUTURE_OFFSET_SLACK) return
  bot.pending = bot.pending.filter((update) => update.id >= from)
}

/** The official server stops filling an answer here. */
const MAX_ANSWER_BYTES = 1 << 22

/** @returns The oldest pending updates that one answer holds; they stay pending until they are confirmed. */
export const peek = (bot: Bot, limit: number): PendingUpdate[] => {
  let bytesLeft = MAX_ANSWER_BYTES
  const page: PendingUpdate[] = []
  for (const update of bot.pending) {
    bytesLeft -= 50 + Buffer.byteLength(update.json)
    if (page.length === limit || bytesLeft <= 0) break
    page.push(update)
  }
  return page
}

export const toUpdate = ({ id, json }: PendingUpdate): Record<string, unknown> => ({
  update_id: id,
  ...JSON.parse(json),
})
