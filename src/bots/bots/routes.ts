import { type Route, route } from '../../platform/http/index.ts'
import { byOf, purgedAfter, wrap } from '../envelope.ts'
import {
  createBot,
  deleteBot,
  getBot,
  getWebhookHealth,
  listBotFolders,
  listBots,
  listDeletedBots,
  moveBotToFolder,
  purgeBot,
  restartBot,
  restoreBot,
  startBot,
  stopBot,
  updateBotToken,
  updateBotVersion,
} from './contract.ts'
import type { BotRow } from './repo.ts'
import { type BotService, toBot } from './service.ts'
import type { BotTrash } from './trash.ts'
import type { WebhookHealth } from './webhook-health.ts'

export interface BotRouteParts {
  readonly bots: BotService
  readonly trash: BotTrash
  readonly webhookHealth: (accountId: string, bot: BotRow) => Promise<WebhookHealth>
}

export const botRoutes = (parts: BotRouteParts): Route[] => [
  ...lifecycleRoutes(parts),
  ...powerRoutes(parts),
  ...orderRoutes(parts),
  ...trashRoutes(parts),
]

const lifecycleRoutes = ({ bots }: BotRouteParts): Route[] => [
  route(createBot, async ({ caller, body }) => {
    const row =
      body.bot_token === undefined
        ? await bots.createSimulated(byOf(caller), body.bot_name)
        : await bots.create(byOf(caller), body.bot_token, body.bot_name)
    return wrap({ botid: row.id, bot_name: row.name, bot_username: row.username })
  }),
  route(listBots, async ({ caller }) => wrap((await bots.list(caller.accountId)).map(toBot))),
  route(getBot, async ({ caller, params }) => wrap(toBot(await bots.get(caller.accountId, params.botid)))),
  route(deleteBot, async ({ caller, params }) => {
    await bots.remove(byOf(caller), params.botid)
    return wrap('Bot deleted successfully')
  }),
  route(updateBotToken, async ({ caller, params, body }) => {
    const token = body.token ?? body.bot_token
    if (token === undefined) await bots.moveToSimulator(byOf(caller), params.botid)
    else await bots.updateToken(byOf(caller), params.botid, token)
    return wrap('Bot token updated successfully')
  }),
  route(updateBotVersion, async ({ caller, params, body }) => {
    await bots.setVersion(caller.accountId, params.botid, body.version)
    return wrap('Bot version updated successfully')
  }),
]

const powerRoutes = ({ bots, webhookHealth }: BotRouteParts): Route[] => [
  route(startBot, async ({ caller, params }) => {
    await bots.start(byOf(caller), params.botid)
    return wrap('Bot started successfully')
  }),
  route(stopBot, async ({ caller, params }) => {
    await bots.stop(byOf(caller), params.botid)
    return wrap('Bot stopped successfully')
  }),
  route(restartBot, async ({ caller, params }) => {
    await bots.stop(byOf(caller), params.botid)
    await bots.start(byOf(caller), params.botid)
    return wrap('Bot restarted successfully')
  }),
  route(getWebhookHealth, async ({ caller, params }) => {
    const bot = await bots.get(caller.accountId, params.botid)
    return wrap(await webhookHealth(caller.accountId, bot))
  }),
]

const orderRoutes = ({ bots }: BotRouteParts): Route[] => [
  route(listBotFolders, async ({ caller }) => {
    const rows = (await bots.list(caller.accountId)).filter(({ folder }) => folder !== null)
    const folders = Map.groupBy(rows, ({ folder }) => folder ?? '')
    return {
      ok: true as const,
      folders: [...folders].map(([name, inside]) => ({ name, bots: inside.map(({ id }) => id) })),
    }
  }),
  route(moveBotToFolder, async ({ caller, params, body }) => {
    await bots.setFolder(caller.accountId, params.botid, body.folder)
    return wrap('Bot moved successfully')
  }),
]

const trashRoutes = ({ trash }: BotRouteParts): Route[] => [
  route(listDeletedBots, async ({ caller }) => {
    const rows = await trash.list(caller.accountId)
    return wrap(
      rows.map((row) => ({
        botid: row.id,
        bot_name: row.name,
        bot_username: row.username,
        simulated: row.simulated === 1,
        deleted_at: new Date(row.deleted_at).toISOString(),
        purged_after: purgedAfter(row.deleted_at),
      })),
    )
  }),
  route(restoreBot, async ({ caller, params }) => {
    await trash.restore(byOf(caller), params.botid)
    return wrap('Bot restored successfully')
  }),
  route(purgeBot, async ({ caller, params }) => {
    await trash.purge(byOf(caller), params.botid)
    return wrap('Bot deleted for good')
  }),
]
