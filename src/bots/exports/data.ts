import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { botPlace } from '../data/places.ts'
import { valueRepo } from '../data/values-repo.ts'
import { BotErrors } from '../errors.ts'
import { parseJson, printJson } from './json.ts'

/** One value that the code of a bot keeps for all its users. */
export interface BotValue {
  readonly name: string
  readonly data: unknown
}

/** What the code of a bot keeps for all its users, for files and copies. */
export interface BotData {
  /** By name. */
  list(db: Db, accountId: string, botId: string): Promise<BotValue[]>
  /**
   * Changes those that the bot has, and adds the others.
   *
   * @throws {AppError} IMPORT_INVALID for one that is too large
   */
  put(db: Db, accountId: string, botId: string, values: readonly BotValue[]): Promise<void>
}

const PAGE = 500
const MAX_VALUE_BYTES = 2 * 1024 * 1024

export const botData = (clock: Clock): BotData => ({
  async list(db, accountId, botId) {
    const [repo, place] = [valueRepo(db), botPlace(accountId, botId)]
    const values: BotValue[] = []
    for (let last: string | undefined; ; last = values.at(-1)?.name) {
      const page = await repo.list(place, '', last, PAGE)
      values.push(...page.map(({ name, value }) => ({ name, data: parseJson(value) })))
      if (page.length < PAGE) return values
    }
  },
  async put(db, accountId, botId, values) {
    const [repo, place] = [valueRepo(db), botPlace(accountId, botId)]
    const nowMs = clock.now().getTime()
    for (const { name, data } of values) {
      const json = printJson(data)
      const sizeBytes = Buffer.byteLength(json)
      if (sizeBytes > MAX_VALUE_BYTES)
        throw new AppError(BotErrors.IMPORT_INVALID, { message: `The value ${name} is larger than 2 MB` })
      await repo.put(place, { name, json, sizeBytes, nowMs })
    }
  },
})
