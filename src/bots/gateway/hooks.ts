import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { randomBase62 } from '../../platform/ids.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { UPDATE_TYPES } from '../../platform/telegram/api.ts'
import type { ActingBot } from './conductor.ts'
import { HookErrors } from './hook-contract.ts'
import { type HookRow, hookRepo } from './hook-repo.ts'
import { inbox } from './inbox.ts'
import type { Update } from './update.ts'

export interface HooksOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly publicUrl: () => string
}

/** Takes an update of a bot that this process serves. Resolves when it is handled or written down. */
export type Receiver = (update: Update) => Promise<void>

export type Hooks = ReturnType<typeof hooks>

const HOOK_ID_CHARS = 32
const SECRET_CHARS = 48
const MAX_CONNECTIONS = 40
const CALL_TIMEOUT_MS = 15_000

const contextOf = (botId: string): string => `bot:${botId}:webhook`

/** The addresses to which Telegram posts updates, for the bots that take them so. */
export const hooks = ({ database, clock, sealer, publicUrl }: HooksOptions) => {
  const repo = hookRepo(database.db)
  const receivers = new Map<string, Receiver>()

  const getOrMake = async (accountId: string, botId: string): Promise<HookRow> => {
    const known = await repo.find(accountId, botId)
    if (known !== undefined) return known
    const secret = sealer.seal(randomBase62(SECRET_CHARS), contextOf(botId))
    const row = { bot_id: botId, account_id: accountId, hook_id: randomBase62(HOOK_ID_CHARS), secret_sealed: secret }
    await repo.insert(row, clock.now().getTime())
    return (await repo.find(accountId, botId)) ?? row
  }

  const urlOf = ({ hook_id }: HookRow): string => `${publicUrl().replace(/\/$/, '')}/bot-webhook/${hook_id}`

  /** @returns undefined for an address or a secret that is none of ours: nobody is told which. */
  const admit = async (hookId: string, given: string): Promise<HookRow | undefined> => {
    const row = await repo.findByHookId(hookId)
    if (row === undefined) return undefined
    const secret = Buffer.from(sealer.open(row.secret_sealed, contextOf(row.bot_id)))
    const shown = Buffer.from(given)
    return shown.length === secret.length && timingSafeEqual(shown, secret) ? row : undefined
  }

  return {
    /** Tells Telegram the bot's address. @returns It. */
    async set(bot: ActingBot): Promise<string> {
      const row = await getOrMake(bot.account_id, bot.id)
      const url = urlOf(row)
      const params = {
        url,
        secret_token: sealer.open(row.secret_sealed, contextOf(bot.id)),
        max_connections: MAX_CONNECTIONS,
        allowed_updates: UPDATE_TYPES,
      }
      await bot.telegram.call(bot.token, 'setWebhook', params, { timeoutMs: CALL_TIMEOUT_MS })
      return url
    },
    /** Takes back what `set` told Telegram, and nothing that somebody else did: that is for the owner to decide. */
    async unset(bot: ActingBot): Promise<void> {
      if ((await repo.find(bot.account_id, bot.id)) === undefined) return
      const { token, telegram } = bot
      await telegram.call(token, 'deleteWebhook', { drop_pending_updates: false }, { timeoutMs: CALL_TIMEOUT_MS })
      await repo.remove(bot.account_id, bot.id)
    },
    /** This process serves the bot. @returns How to say that it does not any more. */
    open(botId: string, receiver: Receiver): () => void {
      receivers.set(botId, receiver)
      return () => {
        if (receivers.get(botId) === receiver) receivers.delete(botId)
      }
    },
    /**
     * Takes what was posted. When it resolves, the update is handled or written down, and Telegram may forget it.
     *
     * @throws {AppError} HOOK_NOT_FOUND
     */
    async take(hookId: string, secret: string, update: Update): Promise<void> {
      const row = await admit(hookId, secret)
      if (row === undefined) throw new AppError(HookErrors.HOOK_NOT_FOUND)
      const receiver = receivers.get(row.bot_id)
      // Whoever serves the bot finds it there.
      if (receiver === undefined) await inbox(database.db).put(row.account_id, row.bot_id, [update])
      else await receiver(update)
    },
  }
}
