import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { BotRow } from '../bots/repo.ts'
import type { BotService } from '../bots/service.ts'
import { DEFAULT_USER } from '../simulator/acts.ts'
import type { SimulatorService } from '../simulator/service.ts'
import { toExpectation } from './compare.ts'
import { type Step, type Test, TestBody, TestErrors, type TestResult } from './contract.ts'
import { stepsOf } from './conversation.ts'
import { playStep } from './playing.ts'
import { type TestRow, testRepo } from './repo.ts'
import { openScratch, type Scratch, type ScratchParts, testGate } from './scratch.ts'
import { type Trial, tryIn } from './trial.ts'

export interface TestOptions extends ScratchParts {
  readonly database: Database
  readonly bots: BotService
  readonly simulator: Pick<SimulatorService, 'recentUpdates'>
}

export type TestService = ReturnType<typeof testService>

const MAX_TESTS = 200
const MAX_BODY_BYTES = 256 * 1024
const MAX_COPIED_BYTES = 32 * 1024 * 1024
const ALL_MS = 120_000

const toTest = (row: TestRow): Test => ({
  id: row.id,
  name: row.name,
  ...TestBody.parse(JSON.parse(row.body)),
  last_passed: row.last_passed === null ? null : row.last_passed === 1,
  last_run_at: row.last_run_at === null ? null : new Date(row.last_run_at).toISOString(),
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
})

/** @throws {AppError} TEST_TOO_LARGE */
const toJson = (body: TestBody): string => {
  const json = JSON.stringify(body)
  if (Buffer.byteLength(json) > MAX_BODY_BYTES) throw new AppError(TestErrors.TEST_TOO_LARGE)
  return json
}

/** Conversations that are kept and played again, each in a copy of the bot; and commands tried out in one. */
export const testService = (options: TestOptions) => {
  const { database, bots, simulator, clock } = options
  const nowMs = (): number => clock.now().getTime()
  const enter = testGate(() => new AppError(TestErrors.TESTS_BUSY, { retryAfterSeconds: 5 }))

  const inScratch = <T>(
    bot: BotRow,
    wish: { data: TestBody['data']; allowHttp: boolean },
    work: (scratch: Scratch) => Promise<T>,
  ): Promise<T> =>
    enter(async () => {
      const scratch = await openScratch(options, database, bot, { ...wish, maxBytes: MAX_COPIED_BYTES })
      try {
        return await work(scratch)
      } finally {
        await scratch.close()
      }
    })

  const getRow = async (accountId: string, botId: string, id: string): Promise<TestRow> => {
    await bots.get(accountId, botId)
    const row = await testRepo(database.db, accountId, botId).find(id)
    if (row === undefined) throw new AppError(TestErrors.TEST_NOT_FOUND)
    return row
  }

  /** What the code answers now is what is expected from now on. */
  const recorded = (bot: BotRow, data: TestBody['data'], steps: readonly Step[]): Promise<Step[]> =>
    inScratch(bot, { data, allowHttp: false }, async (scratch) => {
      const told: Step[] = []
      for (const [position, step] of steps.entries()) {
        const { seen } = await playStep(scratch, step, position)
        told.push({ ...step, expect: seen.map(toExpectation).slice(0, 50) })
      }
      return told
    })

  const conversation = async (bot: BotRow, data: TestBody['data'], chatId: number): Promise<Step[]> => {
    const updates = await simulator.recentUpdates(bot.account_id, bot.id)
    const steps = stepsOf(updates, chatId).slice(-100)
    if (steps.length === 0) throw new AppError(TestErrors.TEST_CONVERSATION_EMPTY)
    return recorded(bot, data, steps)
  }

  const play = async (bot: BotRow, { id, name, data, steps }: Test): Promise<TestResult> => {
    const startMs = clock.monotonicMs()
    const results = await inScratch(bot, { data, allowHttp: false }, async (scratch) => {
      const played = []
      for (const [position, step] of steps.entries()) played.push(await playStep(scratch, step, position))
      return played
    })
    const passed = results.every((step) => step.passed)
    const fields = { last_passed: passed ? 1 : 0, last_run_at: nowMs() }
    await testRepo(database.db, bot.account_id, bot.id).update(id, fields)
    return { id, name, passed, duration_ms: Math.round(clock.monotonicMs() - startMs), steps: results }
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND, TEST_LIMIT_REACHED, TEST_TOO_LARGE, TEST_CONVERSATION_EMPTY, and of the copy */
    async create(
      accountId: string,
      botId: string,
      wish: { name: string; data: TestBody['data']; steps?: Step[] | undefined; chat_id?: number | undefined },
    ): Promise<Test> {
      const bot = await bots.get(accountId, botId)
      const repo = testRepo(database.db, accountId, botId)
      if ((await repo.count()) >= MAX_TESTS) throw new AppError(TestErrors.TEST_LIMIT_REACHED)
      const steps = wish.steps ?? (await conversation(bot, wish.data, wish.chat_id ?? DEFAULT_USER.id))
      const row: TestRow = {
        id: newId('test'),
        name: wish.name,
        body: toJson({ data: wish.data, steps }),
        last_passed: null,
        last_run_at: null,
        created_at: nowMs(),
        updated_at: nowMs(),
      }
      await repo.insert(row)
      return toTest(row)
    },
    /** @throws {AppError} BOT_NOT_FOUND */
    async list(accountId: string, botId: string): Promise<Test[]> {
      await bots.get(accountId, botId)
      return (await testRepo(database.db, accountId, botId).list()).map(toTest)
    },
    /** @throws {AppError} BOT_NOT_FOUND, TEST_NOT_FOUND */
    get: async (accountId: string, botId: string, id: string): Promise<Test> =>
      toTest(await getRow(accountId, botId, id)),
    /** @throws {AppError} BOT_NOT_FOUND, TEST_NOT_FOUND, TEST_TOO_LARGE */
    async update(
      accountId: string,
      botId: string,
      id: string,
      change: { name?: string | undefined; data?: TestBody['data'] | undefined; steps?: Step[] | undefined },
    ): Promise<Test> {
      const known = toTest(await getRow(accountId, botId, id))
      const body = toJson({ data: change.data ?? known.data, steps: change.steps ?? known.steps })
      const fields = { name: change.name ?? known.name, body, last_passed: null, updated_at: nowMs() }
      await testRepo(database.db, accountId, botId).update(id, fields)
      return toTest(await getRow(accountId, botId, id))
    },
    /** @throws {AppError} BOT_NOT_FOUND, TEST_NOT_FOUND */
    async remove(accountId: string, botId: string, id: string): Promise<void> {
      await bots.get(accountId, botId)
      const isGone = await testRepo(database.db, accountId, botId).delete(id)
      if (!isGone) throw new AppError(TestErrors.TEST_NOT_FOUND)
    },
    /** @throws {AppError} BOT_NOT_FOUND, TEST_NOT_FOUND, and of the copy */
    async run(accountId: string, botId: string, id: string): Promise<TestResult> {
      const bot = await bots.get(accountId, botId)
      return play(bot, toTest(await getRow(accountId, botId, id)))
    },
    /** @throws {AppError} BOT_NOT_FOUND, and of the copy */
    async runAll(accountId: string, botId: string) {
      const bot = await bots.get(accountId, botId)
      const startMs = clock.monotonicMs()
      const tests: TestResult[] = []
      const left: string[] = []
      for (const row of await testRepo(database.db, accountId, botId).list())
        if (clock.monotonicMs() - startMs > ALL_MS) left.push(row.id)
        else tests.push(await play(bot, toTest(row)))
      const passed = tests.filter((test) => test.passed).length
      return { passed, failed: tests.length - passed, tests, left }
    },
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, TEST_UPDATE_INVALID, and of the copy */
    async try(accountId: string, botId: string, trial: Trial) {
      const bot = await bots.get(accountId, botId)
      const wish = { data: trial.data, allowHttp: trial.allow_http }
      return inScratch(bot, wish, (scratch) => tryIn(scratch, trial))
    },
  }
}
