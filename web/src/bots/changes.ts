import {
  createBot,
  deleteBot,
  moveBotToFolder,
  restartBot,
  restoreBot,
  startBot,
  stopBot,
} from '../../../src/bots/bots/contract.ts'
import { createCommand } from '../../../src/bots/commands/contract.ts'
import { sendMessage } from '../../../src/bots/simulator/contract.ts'
import { installTemplate } from '../../../src/bots/templates/contract.ts'
import { api, queries } from '../api.ts'
import type { FoundBot } from '../app/finding.ts'
import { botQuery, botsQuery } from './queries.ts'
import { botsTexts } from './texts.ts'
import { attempt, refreshBots, sayWithUndo } from './undo.ts'

export type { FoundBot as Bot } from '../app/finding.ts'

const FIRST_COMMAND = `# What the bot answers to /start. Change it, save, and write to the bot in the simulator.
name = message.from_user.first_name
bot.sendMessage(f"Hello, {name}. This is /start.")
`

/** A bot on the simulator that answers at once. @returns Its id. */
export const makeSimulatedBot = async (name: string): Promise<string> => {
  const { result } = await api.call(createBot, {
    body: { simulated: true, ...(name === '' ? {} : { bot_name: name }) },
  })
  await api.call(createCommand, { params: { botid: result.botid }, body: { command: '/start', code: FIRST_COMMAND } })
  await refreshBots()
  return result.botid
}

/**
 * A ready-made bot on the simulator, with what it may do switched on. The person who plays there is its administrator.
 *
 * @returns Its id.
 */
export const makeFromTemplate = async (template: {
  readonly name: string
  readonly title: string
  readonly settings: readonly string[]
}): Promise<string> => {
  const { result } = await api.call(createBot, { body: { simulated: true, bot_name: template.title } })
  const { botid } = result
  const allowed = Object.fromEntries(template.settings.map((setting) => [setting, true]))
  const installed = await api.call(installTemplate, { params: { botid, name: template.name }, body: allowed })
  const text = `/start ${installed.result.pairing.code}`
  // Its answer comes into the chat; nobody has to wait for it here.
  await api.call(sendMessage, { params: { botid }, query: { timeout_ms: '0' }, body: { text } })
  await refreshBots()
  return botid
}

/** @returns Its id. @throws {ClientError} what Telegram says of the token. */
export const makeTelegramBot = async (token: string, name: string): Promise<string> => {
  const { result } = await api.call(createBot, {
    body: { bot_token: token, ...(name === '' ? {} : { bot_name: name }) },
  })
  await refreshBots()
  return result.botid
}

const POWER = { start: startBot, stop: stopBot, restart: restartBot } as const
export type Power = keyof typeof POWER

/** Shown as done before the server has answered. */
export const setPower = async (bot: FoundBot, power: Power): Promise<void> => {
  const status = power === 'stop' ? ('stopped' as const) : ('working' as const)
  queries.setQueryData(botQuery(bot.botid).queryKey, (old) => old && { ...old, status })
  queries.setQueryData(botsQuery.queryKey, (old) =>
    old?.map((each) => (each.botid === bot.botid ? { ...each, status } : each)),
  )
  await attempt(() => api.call(POWER[power], { params: { botid: bot.botid } }))
}

export const trashBot = async (bot: FoundBot): Promise<boolean> => {
  const params = { botid: bot.botid }
  queries.setQueryData(botsQuery.queryKey, (old) => old?.filter(({ botid }) => botid !== bot.botid))
  const done = await attempt(() => api.call(deleteBot, { params }))
  if (!done) return false
  sayWithUndo(botsTexts.now().deletedBot(bot.bot_name), async () => {
    await api.call(restoreBot, { params })
    if (bot.status === 'working') await api.call(startBot, { params })
  })
  return true
}

/** @param folder Empty: in none. */
export const moveBot = async (bot: FoundBot, folder: string): Promise<void> => {
  const params = { botid: bot.botid }
  const done = await attempt(() => api.call(moveBotToFolder, { params, body: { folder: folder || null } }))
  if (!done) return
  const back = () => api.call(moveBotToFolder, { params, body: { folder: bot.folder } })
  sayWithUndo(botsTexts.now().movedBot(bot.bot_name), back)
}
