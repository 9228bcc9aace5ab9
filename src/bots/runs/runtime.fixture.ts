import { after } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import type { Database, SqlDialect } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { createSealer } from '../../platform/sealed.ts'
import { emulatorBotApi } from '../../platform/telegram/client.ts'
import { createEmulator } from '../../platform/telegram/emulator/emulator.ts'
import { hostCalls } from '../host/handlers.ts'
import type { Json } from '../sandbox/index.ts'
import { testEngine } from '../sandbox/testing.ts'
import { type FinishedRun, type RunOrder, runner } from './runner.ts'

const quiet = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Log
const ACCOUNT = 'acct_test'
const user = { id: 42, first_name: 'Ada' }

const seed = async ({ db }: Database, botId: string): Promise<void> => {
  const at = 1
  await db
    .insertInto('accounts')
    .values({
      id: ACCOUNT,
      email: 'ada@example.org',
      email_key: 'ada@example.org',
      password_hash: '',
      token_version: 1,
      plan_id: (await db.selectFrom('plans').select('id').limit(1).executeTakeFirstOrThrow()).id,
      is_admin: 0,
      status: 'active',
      created_at: at,
    })
    .onConflict((oc) => oc.doNothing())
    .execute()
  const bot = {
    id: botId,
    account_id: ACCOUNT,
    name: 'Test',
    username: `bot_${botId}`,
    telegram_id: Number(botId),
    token_sealed: Buffer.from('x'),
    token_hash: Buffer.from(botId),
    simulated: 1,
    status: 'working',
    version: '4.19.0',
    revision: 1,
    created_at: at,
    updated_at: at,
    problem: null,
    next_update_id: null,
    deleted_at: null,
    settings: '{}',
    folder: null,
    needs_token: 0,
  } as const
  await db.insertInto('bots').values(bot).execute()
}

export interface Given extends Partial<Omit<RunOrder, 'lookUpCommand'>> {
  readonly commands?: { readonly [name: string]: string }
}

/** Python, the host calls and an emulated Telegram, without the gateway: runs code and gives the finished run. */
export const testRuntime = async (dialect: SqlDialect, fetchAllow: readonly string[] = []) => {
  const database = await testDatabase(dialect)
  const botIds = ['10000001', '10000002']
  for (const id of botIds) await seed(database, id)
  const emulator = createEmulator({ clock: systemClock })
  const bot = emulator.addBot({ username: 'runtime_bot', firstName: 'Runtime' })
  emulator.openChat({ botId: bot.id, user })
  const calls = hostCalls({
    database,
    clock: systemClock,
    sealer: createSealer('a secret of thirty-two characters', 'test'),
    publicUrl: () => 'http://127.0.0.1:5282',
    telegramApiRoot: 'https://api.telegram.org',
    fetch: { allow: fetchAllow, ports: [80, 443] },
  })
  const engine = testEngine({ maxWorkers: 2 })
  after(() => engine.close())
  const running = runner({ engine, host: calls.registry, database, clock: systemClock, log: quiet })
  const message = { message_id: 1, date: 1, chat: { id: 42, type: 'private' }, from: user, text: '/start' }
  const globals: { [name: string]: Json } = {
    message,
    msg: '/start',
    u: 42,
    chat_id: 42,
    bot_id: botIds[0] ?? '',
    bot: { username: 'runtime_bot' },
  }

  const run = (code: string, given: Given = {}): Promise<FinishedRun> => {
    const { commands = {}, ...more } = given
    const order: RunOrder = {
      accountId: ACCOUNT,
      botId: botIds[0] ?? '',
      token: bot.token,
      telegram: emulatorBotApi(emulator),
      updateId: 1,
      command: '/start',
      code,
      preamble: '',
      chat: { chatId: 42, userId: 42 },
      trigger: 'test',
      chain: { depth: 0, cap: 3 },
      lookUpCommand: (name) => commands[name],
      ...more,
      globals: { ...globals, ...more.globals },
    }
    return running.run(order, new AbortController().signal)
  }
  return { run, database, emulator, bot, engine, calls, accountId: ACCOUNT, botIds }
}
