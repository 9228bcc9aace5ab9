import { localizeFileIds } from './file-ids.ts'
import type { FloodControl } from './flood.ts'
import type { Upload } from './form.ts'
import type { Link } from './link.ts'
import type { Pollers } from './polling.ts'
import type { EmulatorRules } from './rules.ts'
import type { Bot } from './state.ts'
import type { EmulatorStore } from './store.ts'
import type { EmulatorTime } from './time.ts'
import { allows, lifetimeSeconds } from './updates.ts'
import type { UploadBrake } from './upload-brake.ts'
import type { Vault } from './vault.ts'
import type { Webhooks } from './webhooks.ts'

/** A link that `getFile` gave out. */
export interface FileLink {
  key: number
  /** Wall time in milliseconds. */
  expiresAtMs: number
}

/** What every method and every control works on. */
export interface World {
  store: EmulatorStore
  time: EmulatorTime
  /** In [0, 1). */
  random: () => number
  pollers: Pollers
  webhooks: Webhooks
  flood: FloodControl
  brake: UploadBrake
  vault: Vault
  link: Link
  /** Changed in place by the controls. */
  rules: EmulatorRules
  /** By bot and path. */
  fileLinks: Map<string, FileLink>
  /** By id: whose they are and until when they may be answered. They live too short to be kept over a restart. */
  inlineQueries: Map<string, { botId: number; expiresAtMs: number; results: unknown[] | null; query: string }>
  /** By bot: when its webhook may be changed again, in monotonic milliseconds. */
  webhookChanges: Map<number, number>
  allowWebhook: (url: URL) => boolean
}

/** One call of a method, by a bot that has proved who it is. */
export interface Call extends World {
  bot: Bot
  /** Aborts when the caller has gone; only a poll and an upload wait long enough to care. */
  signal: AbortSignal | undefined
  /** The files of a multipart body, by the name of their field; a method takes out what it keeps. */
  files: Map<string, Upload>
}

/**
 * Hands an update to a bot: to its waiting poll, to its webhook, or to the queue for later.
 *
 * @param queueKey Updates with one key, such as a chat's, reach a webhook one after the other.
 * @returns The update's id, or null when the bot has not asked for updates of this type.
 */
export const deliver = (world: World, bot: Bot, type: string, body: unknown, queueKey: string): number | null => {
  if (!allows(bot, type)) return null
  const id = bot.nextUpdateId
  bot.nextUpdateId += 1
  const expiresAtMs = world.time.nowMs() + world.time.toMs(lifetimeSeconds(type))
  const own = world.store.hasFiles() ? localizeFileIds(bot.id, structuredClone(body)) : body
  bot.pending.push({ id, type, json: JSON.stringify({ [type]: own }), queueKey, expiresAtMs })
  if (bot.pending.length > world.store.limits.pendingPerBot) bot.pending.shift()
  remember(bot)
  world.store.changed()
  if (bot.webhook) world.webhooks.wake(bot)
  else world.pollers.wake(bot)
  return id
}

const MAX_RECENT = 200
const MAX_RECENT_CHARS = 512 * 1024

/** The newest update stays known after the bot has taken it, with some before it: it may be wanted once more. */
const remember = (bot: Bot): void => {
  const last = bot.pending.at(-1)
  if (last === undefined || last.json.length > MAX_RECENT_CHARS / 4) return
  bot.recent.push({ id: last.id, json: last.json })
  let chars = bot.recent.reduce((sum, { json }) => sum + json.length, 0)
  while (bot.recent.length > MAX_RECENT || chars > MAX_RECENT_CHARS) chars -= bot.recent.shift()?.json.length ?? 0
}
