import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { commandRepo } from '../commands/repo.ts'
import { BotErrors } from '../errors.ts'
import type { Conductor } from '../gateway/conductor.ts'
import type { Deployments } from '../gateway/deployments.ts'
import type { LiveBots } from '../gateway/live-bots.ts'
import type { RunCall } from '../runs/contract.ts'
import type { Json } from '../sandbox/index.ts'
import { type CommandWebhook, WebhookErrors } from './contract.ts'
import { type WebhookRow, webhookRepo } from './repo.ts'

export interface WebhookServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly bots: LiveBots
  readonly deployments: Deployments
  readonly conductor: Conductor
  readonly publicUrl: () => string
  /** Signs the addresses. */
  readonly secret: string
}

export interface NewWebhook {
  readonly command: string
  readonly userId: number | null
  readonly chatId: number | null
  readonly options: Json
  readonly redirectTo: string | null
}

/** A call of an address, as it came. */
export interface WebhookCall {
  readonly method: 'GET' | 'POST'
  readonly data: string
  readonly headers: { readonly [name: string]: Json }
  readonly query: { readonly [name: string]: Json }
  readonly ip: string
}

/** What the caller is answered. */
export interface WebhookAnswer {
  /** Undefined: that it is done. */
  readonly result: Json | undefined
  readonly redirectTo: string | null
}

export type WebhookService = ReturnType<typeof webhookService>

const MAX_PER_BOT = 50_000
const MAX_AT_ONCE = 20
const USE_STEP_MS = 5 * 60_000
const MAC_BYTES = 16
const NEVER = new AbortController().signal

const Stored = z.object({ options: z.json(), redirectTo: z.string().nullable() })

/** Addresses that run commands. The address carries the signed id of its row, and works until that is revoked. */
export const webhookService = (options: WebhookServiceOptions) => {
  const { database, clock, bots, deployments, conductor, publicUrl, secret } = options
  const repo = webhookRepo(database.db)
  const nowMs = (): number => clock.now().getTime()
  /** By the list of calls of the run that gave them. */
  const results = new WeakMap<readonly RunCall[], Json>()
  const underWay = new Map<string, number>()

  const sign = (id: string): Buffer =>
    createHmac('sha256', secret).update(`command-webhook:${id}`).digest().subarray(0, MAC_BYTES)

  const urlOf = (id: string): string => {
    const data = Buffer.concat([sign(id), Buffer.from(id)]).toString('base64url')
    return `${publicUrl().replace(/\/$/, '')}/new-webhook?data=${data}`
  }

  /** @returns undefined for what we did not sign. */
  const idIn = (data: string): string | undefined => {
    const bytes = Buffer.from(data, 'base64url')
    const id = bytes.subarray(MAC_BYTES).toString('latin1')
    const mac = bytes.subarray(0, MAC_BYTES)
    return mac.length === MAC_BYTES && timingSafeEqual(mac, sign(id)) ? id : undefined
  }

  const toWebhook = (row: WebhookRow): CommandWebhook => ({
    id: row.id,
    url: urlOf(row.id),
    command: row.command,
    user_id: row.user_id,
    chat_id: row.chat_id,
    options: Stored.parse(JSON.parse(row.options)).options,
    created_at: new Date(row.created_at).toISOString(),
    last_used_at: row.last_used_at === null ? null : new Date(row.last_used_at).toISOString(),
  })

  const run = async (row: WebhookRow, call: WebhookCall): Promise<WebhookAnswer> => {
    const bot = await bots.find(row.bot_id)
    if (bot === undefined) throw new AppError(WebhookErrors.WEBHOOK_BOT_STOPPED, { retryAfterSeconds: 60 })
    const deployment = await deployments.get(bot.account_id, bot.id)
    const command = deployment.commands.get(row.command)
    if (command === undefined) throw new AppError(WebhookErrors.WEBHOOK_COMMAND_GONE)
    const stored = Stored.parse(JSON.parse(row.options))
    const given = { ...call, json: jsonIn(call.data), options: stored.options }
    const finished = await conductor.perform(
      bot,
      deployment,
      {
        trigger: 'webhook',
        updateId: null,
        command,
        params: null,
        options: given,
        updateType: null,
        text: null,
        message: null,
        call: null,
        chat: null,
        chatId: row.chat_id,
        chatType: null,
        userId: row.user_id,
      },
      NEVER,
    )
    if (finished.outcome === 'closed') throw new AppError(WebhookErrors.WEBHOOK_BOT_STOPPED, { retryAfterSeconds: 5 })
    return { result: results.get(finished.calls), redirectTo: stored.redirectTo }
  }

  return {
    /**
     * @throws {AppError} COMMAND_NOT_FOUND, WEBHOOK_LIMIT_REACHED. The bot must be known to be the account's.
     */
    async create(accountId: string, botId: string, webhook: NewWebhook): Promise<CommandWebhook> {
      const { command, userId, chatId, options: given, redirectTo } = webhook
      const stored = JSON.stringify({ options: given, redirectTo })
      const fingerprint = createHash('sha256')
        .update(JSON.stringify([command, userId, chatId, stored]))
        .digest('base64url')
      const known = await repo.findSame(botId, fingerprint)
      if (known !== undefined) return toWebhook(known)
      if ((await commandRepo(database.db).find(accountId, botId, command)) === undefined)
        throw new AppError(BotErrors.COMMAND_NOT_FOUND)
      if ((await repo.count(botId)) >= MAX_PER_BOT) throw new AppError(WebhookErrors.WEBHOOK_LIMIT_REACHED)
      const row: WebhookRow = {
        id: newId('hook'),
        bot_id: botId,
        account_id: accountId,
        fingerprint,
        command,
        user_id: userId,
        chat_id: chatId,
        options: stored,
        created_at: nowMs(),
        last_used_at: null,
      }
      return toWebhook(await repo.insert(row))
    },
    async list(accountId: string, botId: string, limit: number, before: string | undefined) {
      const rows = await repo.list(accountId, botId, limit, before)
      return { webhooks: rows.map(toWebhook), next_before: rows.length === limit ? (rows.at(-1)?.id ?? null) : null }
    },
    /** @throws {AppError} WEBHOOK_NOT_FOUND */
    async revoke(accountId: string, botId: string, id: string): Promise<void> {
      if (!(await repo.revoke(accountId, botId, id, nowMs()))) throw new AppError(WebhookErrors.WEBHOOK_NOT_FOUND)
    },
    /** What the caller of a webhook run is answered. @param calls The run's own list of calls, which names the run. */
    setResult: (calls: readonly RunCall[], result: Json): void => {
      results.set(calls, result)
    },
    /** Whether somebody has such an address; before the body is read. @throws {AppError} WEBHOOK_NOT_FOUND */
    async find(data: string): Promise<WebhookRow> {
      const id = idIn(data)
      const row = id === undefined ? undefined : await repo.find(id)
      if (row === undefined) throw new AppError(WebhookErrors.WEBHOOK_NOT_FOUND)
      return row
    },
    /** @throws {AppError} WEBHOOK_BUSY, WEBHOOK_BOT_STOPPED, WEBHOOK_COMMAND_GONE */
    async call(row: WebhookRow, call: WebhookCall): Promise<WebhookAnswer> {
      const count = underWay.get(row.bot_id) ?? 0
      if (count >= MAX_AT_ONCE) throw new AppError(WebhookErrors.WEBHOOK_BUSY, { retryAfterSeconds: 1 })
      underWay.set(row.bot_id, count + 1)
      try {
        const isStale = row.last_used_at === null || nowMs() - row.last_used_at >= USE_STEP_MS
        if (isStale) await repo.used(row.id, nowMs())
        return await run(row, call)
      } finally {
        const left = (underWay.get(row.bot_id) ?? 1) - 1
        if (left > 0) underWay.set(row.bot_id, left)
        else underWay.delete(row.bot_id)
      }
    },
  }
}

const jsonIn = (data: string): Json => {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}
