import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditLog } from '../../accounts/index.ts'
import { migrations } from '../../migrations/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../../platform/config/index.ts'
import { type Database, migrate, openDatabase } from '../../platform/db/index.ts'
import type { AppError } from '../../platform/errors.ts'
import { randomBase62 } from '../../platform/ids.ts'
import { jobQueue, leaseService, processOwner } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { UPDATE_TYPES } from '../../platform/telegram/api.ts'
import { emulatorBotApi } from '../../platform/telegram/client.ts'
import { createEmulator, type Emulator } from '../../platform/telegram/emulator/emulator.ts'
import { tokenContext } from '../bots/identity.ts'
import { type BotRow, botRepo } from '../bots/repo.ts'
import { conductor } from '../gateway/conductor.ts'
import { deployments } from '../gateway/deployments.ts'
import { type ServedBot, updateHandler } from '../gateway/handler.ts'
import { Update } from '../gateway/update.ts'
import { accountHandlers } from '../host/account.ts'
import { administratorHandlers } from '../host/administrators.ts'
import { hostCalls } from '../host/handlers.ts'
import { secretHandlers } from '../host/secrets.ts'
import { pairingService } from '../pairing/service.ts'
import type { Run } from '../runs/contract.ts'
import { runner } from '../runs/runner.ts'
import type { PythonEngine } from '../sandbox/index.ts'
import { botsServing } from '../serving.ts'
import { botsSurface } from '../surface.ts'
import { seenUsers } from '../users/seen.ts'
import { waitService } from '../waits/service.ts'
import { copyBot } from './copy.ts'

export interface ScratchParts {
  readonly engine: PythonEngine
  readonly clock: Clock
  readonly config: Config
  readonly log: Log
  readonly sealer: Sealer
  readonly audit: AuditLog
  readonly publicUrl: () => string
}

export interface ScratchWish {
  readonly data: 'empty' | 'live'
  readonly allowHttp: boolean
  /** What the bot keeps at most, in bytes. */
  readonly maxBytes: number
}

export type Scratch = Awaited<ReturnType<typeof openScratch>>

const MAX_STEP_MS = 30_000
const SECRET_CHARS = 33

/**
 * A copy of a bot to try things out on: a database of its own in a temporary folder, a Telegram of its own, and
 * everything around commands as it is in the server, on those two. It has to be closed.
 *
 * @throws {AppError} TEST_DATA_TOO_LARGE
 */
export const openScratch = async (parts: ScratchParts, source: Database, bot: BotRow, wish: ScratchWish) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  const opened = await openDatabase({ url: undefined, dataDir: folder, synchronous: 'NORMAL', own: false })
  // Searches in a copy are small: no thread for them.
  const database: Database = { ...opened, reader: opened.db }
  const emulator = createEmulator({ clock: parts.clock })
  const close = async (): Promise<void> => {
    emulator.close()
    await opened.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await migrate(database, migrations, parts.clock.now().getTime())
    const { token } = emulator.addBot({
      token: `${bot.telegram_id || 1}:AA${randomBase62(SECRET_CHARS)}`,
      username: bot.username || 'test_bot',
      firstName: bot.name,
    })
    await copyBot(source.db, database, bot, {
      ...wish,
      tokenSealed: parts.sealer.seal(token, tokenContext(bot.id)),
      nowMs: parts.clock.now().getTime(),
    })
    return { ...(await running(parts, database, emulator, { bot, token, ...wish })), database, emulator, close }
  } catch (error) {
    await close()
    throw error
  }
}

const running = async (
  parts: ScratchParts,
  database: Database,
  emulator: Emulator,
  { bot, token, allowHttp }: { bot: BotRow; token: string; allowHttp: boolean },
) => {
  const { clock, log, config, sealer, publicUrl } = parts
  // What happens in a copy has not happened.
  const audit: AuditLog = { ...parts.audit, append: async () => {} }
  const { db } = database
  const telegram = emulatorBotApi(emulator)
  const owner = processOwner()
  const engine = testEngine(parts.engine)
  const calls = hostCalls({
    database,
    clock,
    sealer,
    publicUrl,
    telegramApiRoot: config.TELEGRAM_API_ROOT,
    fetch: allowHttp ? { allow: config.FETCH_ALLOW, ports: config.FETCH_PORTS.map(Number) } : { allow: [], ports: [] },
  })
  const host = calls.registry
  // Of these only what commands ask for is used: nothing polls, and no job runs.
  botsServing({
    engine,
    host,
    database,
    clock,
    log,
    leases: leaseService({ database, clock, log, owner }),
    jobs: jobQueue({ database, url: undefined, clock, log, owner }),
    config,
    sealer,
    publicUrl,
    apiFor: () => telegram,
  })
  const { bots, commands, secrets } = botsSurface({
    database,
    clock,
    config,
    sealer,
    audit,
    telegram,
    simulator: {
      home: { register: () => ({ token: `1:AA${randomBase62(SECRET_CHARS)}`, telegramId: 1 }), forget() {} },
      apiOf: () => telegram,
    },
    botChanged() {},
    codeChanged() {},
  })
  host.add(accountHandlers({ bots, commands }))
  host.add(secretHandlers(secrets))
  host.add(administratorHandlers(pairingService({ database, clock, audit, changed() {} })))

  const live = deployments(database)
  const acting = conductor({ runner: runner({ engine, host, database, clock, log }), log })
  const handler = updateHandler({
    deployments: live,
    conductor: acting,
    waits: waitService({ db, clock }),
    users: seenUsers({ database, clock, log }),
    counted() {},
    log,
  })
  const row = (await botRepo(db).listLive()).find(({ id }) => id === bot.id)
  if (row === undefined) throw new Error('The copy of a bot is not there.')
  const served: ServedBot = { ...row, token, telegram }
  const resident = emulator.store.bot(row.telegram_id)
  if (resident === undefined) throw new Error('The copy of a bot is not on its simulator.')
  resident.allowedUpdates = [...UPDATE_TYPES]

  return {
    served,
    conductor: acting,
    deployment: () => {
      live.forget(bot.id)
      return live.get(bot.account_id, bot.id)
    },
    /** Handles what has come, one after the other. @returns The run of the last update that started one. */
    async handleAll(): Promise<Run | null> {
      let last: Run | null = null
      for (let next = resident.pending.shift(); next !== undefined; next = resident.pending.shift()) {
        const update = Update.parse({ update_id: next.id, ...JSON.parse(next.json) })
        // Commands may have changed commands.
        live.forget(bot.id)
        const run = await handler.handle(served, update, AbortSignal.timeout(MAX_STEP_MS))
        last = run ?? last
      }
      return last
    },
  }
}

/** The same Python, as somebody else: the bot goes on meanwhile, and a test does not hold it up for minutes. */
const testEngine = (engine: PythonEngine): PythonEngine => ({
  ...engine,
  run: (request, host, limits) =>
    engine.run({ ...request, botId: `test/${request.botId}` }, host, { ...limits, wallMs: MAX_STEP_MS }),
})

/** So many copies at a time: each has a database. */
const MAX_OPEN = 2
const MAX_WAITING = 20

/** Lets few tests run at a time. @param busy Thrown when too many wait already. */
export const testGate = (busy: () => AppError) => {
  let open = 0
  const waiting: (() => void)[] = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) open -= 1
    else next()
  }
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (open < MAX_OPEN) open += 1
    else if (waiting.length >= MAX_WAITING) throw busy()
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
