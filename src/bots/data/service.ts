import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { DataErrors } from './errors.ts'
import type { Place } from './places.ts'
import { type StoredValue, valueRepo } from './values-repo.ts'

const MB = 1024 * 1024
/** Of the JSON of one value. */
const MAX_VALUE_BYTES = 2 * MB
const MAX_ACCOUNT_VALUE_BYTES = 10 * MB
/** Of everything that is exported into one file. */
const MAX_EXPORT_BYTES = 32 * MB
const MAX_NAME_BYTES = 256
const PAGE = 500

export type DataService = ReturnType<typeof dataService>

/** Values that commands keep by name: JSON text, as it was written. */
export const dataService = ({ database, clock }: { database: Database; clock: Clock }) => {
  const repo = valueRepo(database.db)

  return {
    /** @throws {AppError} DATA_NAME_INVALID */
    find: (place: Place, name: string): Promise<StoredValue | undefined> => repo.find(place, checkedName(name)),

    /** @param json Valid JSON. @throws {AppError} DATA_NAME_INVALID, DATA_TOO_LARGE */
    async put(place: Place, name: string, json: string): Promise<void> {
      const sizeBytes = Buffer.byteLength(json)
      const most = place.botId === null ? MAX_ACCOUNT_VALUE_BYTES : MAX_VALUE_BYTES
      if (sizeBytes > most) {
        const message = `The value '${name.slice(0, 60)}' has ${sizeBytes} bytes; at most ${most} can be kept.`
        throw new AppError(DataErrors.DATA_TOO_LARGE, { message })
      }
      await repo.put(place, { name: checkedName(name), json, sizeBytes, nowMs: clock.now().getTime() })
    },

    /** @returns Whether there was one. */
    remove: (place: Place, name: string): Promise<boolean> => repo.delete(place, checkedName(name)),

    /** @returns How many there were. */
    removeAll: (place: Place, except: readonly string[] = []): Promise<number> => repo.deleteAll(place, except),

    list: (place: Place, prefix: string, after: string | undefined, limit: number): Promise<StoredValue[]> =>
      repo.list(place, prefix, after, limit),

    owners: (accountId: string, botId: string, after: string, limit: number): Promise<string[]> =>
      repo.owners(accountId, botId, after, limit),

    /** Everything at a place. @throws {AppError} DATA_TOO_LARGE */
    async all(place: Place): Promise<StoredValue[]> {
      const values: StoredValue[] = []
      let sizeBytes = 0
      for (let page = await repo.list(place, '', undefined, PAGE); page.length > 0; ) {
        for (const value of page) sizeBytes += value.size_bytes
        if (sizeBytes > MAX_EXPORT_BYTES) throw new AppError(DataErrors.DATA_TOO_LARGE)
        values.push(...page)
        page = page.length < PAGE ? [] : await repo.list(place, '', page.at(-1)?.name, PAGE)
      }
      return values
    },
  }
}

/** What no database could keep, or nobody could name again. */
const checkedName = (name: string): string => {
  const isFine = name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES && !name.includes('\0') && name.isWellFormed()
  if (!isFine) throw new AppError(DataErrors.DATA_NAME_INVALID)
  return name
}
