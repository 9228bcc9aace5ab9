import { AppError } from '../../platform/errors.ts'
import type { BodyOf } from '../../platform/http/contract.ts'
import { newId } from '../../platform/ids.ts'
import { BotErrors } from '../errors.ts'
import type { LiveCommand } from '../gateway/deployments.ts'
import { toTrigger, Update } from '../gateway/update.ts'
import type { Run } from '../runs/contract.ts'
import { DEFAULT_USER } from '../simulator/acts.ts'
import { type Effect, TestErrors, type tryCommand } from './contract.ts'
import { effectsBetween, readKept } from './effects.ts'
import { messagesOf } from './playing.ts'
import type { Scratch } from './scratch.ts'

export type Trial = BodyOf<typeof tryCommand>

export interface TrialResult {
  readonly run: Run | null
  readonly messages: Record<string, unknown>[]
  readonly effects: Effect[]
}

/**
 * Runs a command once in a copy of its bot.
 *
 * @throws {AppError} COMMAND_NOT_FOUND, TEST_UPDATE_INVALID
 */
export const tryIn = async (scratch: Scratch, trial: Trial): Promise<TrialResult> => {
  const { database } = scratch
  if (trial.code !== undefined) await putCode(scratch, trial.command, trial.code)
  const update = openFor(scratch, trial)
  const before = await readKept(database.db)
  let run: Run | null = null
  const messages = await messagesOf(scratch, async () => {
    run = trial.command === undefined ? await scratch.handleAll() : await runNamed(scratch, trial, update)
  })
  const effects = effectsBetween(before, await readKept(database.db))
  return { run, messages: messages.map((message) => ({ ...message })), effects }
}

const putCode = async ({ database: { db }, served }: Scratch, command: string | undefined, code: string) => {
  if (command === undefined) throw new AppError(TestErrors.TEST_UPDATE_INVALID)
  const known = await db
    .updateTable('commands')
    .set({ code })
    .where('bot_id', '=', served.id)
    .where('name', '=', command)
    .returning('id')
    .executeTakeFirst()
  if (known !== undefined) return
  const row = {
    id: newId('command'),
    account_id: served.account_id,
    bot_id: served.id,
    name: command,
    code,
    is_pinned: 0,
    admin_only: 0,
    folder: null,
    aliases: '[]',
    version: 1,
    created_at: 0,
    updated_at: 0,
    deleted_at: null,
  }
  await db.insertInto('commands').values(row).execute()
}

/** Lets the chat of the update be there and the update come. @throws {AppError} TEST_UPDATE_INVALID */
const openFor = ({ emulator, served }: Scratch, { command, params, update, user = DEFAULT_USER }: Trial): Update => {
  const botId = served.telegram_id
  if (update === undefined) {
    if (command === undefined) throw new AppError(TestErrors.TEST_UPDATE_INVALID)
    emulator.sendAsUser({ botId, user, text: params === undefined ? command : `${command} ${params}` })
  } else {
    openChat(emulator, botId, update)
    emulator.replay(botId, update)
  }
  const pending = emulator.store.bot(botId)?.pending.at(-1)
  if (pending === undefined) throw new AppError(TestErrors.TEST_UPDATE_INVALID)
  return Update.parse({ update_id: pending.id, ...JSON.parse(pending.json) })
}

const TYPES = ['private', 'group', 'supergroup', 'channel'] as const

const openChat = (emulator: Scratch['emulator'], botId: number, update: Readonly<Record<string, unknown>>): void => {
  const trigger = toTrigger(Update.parse({ update_id: 1, ...update }))
  if (trigger === undefined || trigger.chatId === null) return
  const id = trigger.userId ?? DEFAULT_USER.id
  const user = { id, first_name: nameOf(trigger.from) }
  const type = TYPES.find((known) => known === trigger.chatType) ?? 'private'
  if (id < 1) return
  emulator.openChat({ botId, user, ...(type === 'private' ? {} : { chat: { id: trigger.chatId, type, title: '' } }) })
}

const nameOf = (from: unknown): string =>
  typeof from === 'object' && from !== null && 'first_name' in from && typeof from.first_name === 'string'
    ? from.first_name || 'Ada'
    : 'Ada'

const runNamed = async (scratch: Scratch, { command: name = '', params }: Trial, update: Update): Promise<Run> => {
  const { served, conductor } = scratch
  const deployment = await scratch.deployment()
  const command: LiveCommand | undefined = deployment.commands.get(name)
  if (command === undefined) throw new AppError(BotErrors.COMMAND_NOT_FOUND)
  const trigger = toTrigger(update)
  if (trigger === undefined) throw new AppError(TestErrors.TEST_UPDATE_INVALID)
  const { type, from: _, joined: __, ...seen } = trigger
  const occasion = {
    ...seen,
    updateType: type,
    command,
    params: params ?? null,
    trigger: 'test' as const,
    options: null,
  }
  return conductor.perform(served, deployment, occasion, AbortSignal.timeout(30_000))
}
