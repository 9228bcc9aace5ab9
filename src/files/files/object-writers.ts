import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import type { StagingBackend } from '../backends/backend.ts'
import { FileErrors } from './contract.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    object_writers: { id: string; owner: string; lease_until: number }
  }
}

const LEASE_MS = 5 * 60_000
const RENEW_MS = 30_000

// `writer_…-12`: whose object it is can be read off its name, whatever is or is not in the database.
const OBJECT_NAME = /(?:^|\/)(writer_[0-9A-Za-z]+)-\d+$/

/** @returns The writer that made an object; undefined for an object that no writer of ours made. */
export const writerOf = (locator: string): string | undefined => OBJECT_NAME.exec(locator)?.[1]

/** One upload, as far as it puts objects somewhere. */
export interface ObjectWriter {
  /** A backend whose objects carry this writer's name. The first object is announced in the database before it is made. */
  readonly store: Pick<StagingBackend, 'stage' | 'delete'>
  /** @returns What an object may be called that is put on whatever backend. The writer is announced by then. */
  newObjectId(): Promise<string>
  /**
   * Hands the objects over to the rows that the same transaction writes.
   *
   * @throws {AppError} UPLOAD_LOST if this process was taken for dead meanwhile and its objects may be gone
   */
  handOver(tx: Db): Promise<void>
  /**
   * Like `handOver`, for an upload that goes on: what the transaction names stays, and more objects may follow.
   *
   * @throws {AppError} UPLOAD_LOST
   */
  handOverSome(tx: Db): Promise<void>
  /** Says that no object is left that was not handed over. Objects that are there all the same are orphans now. */
  finish(): Promise<void>
  /** Just stops: for when the objects are handed over, or nobody knows whether they are and who sweeps finds out. */
  release(): void
}

export interface ObjectWritersOptions {
  readonly database: Database
  readonly backend: StagingBackend
  /** What names this process in the database. */
  readonly owner: string
  readonly clock: Clock
  readonly log: Log
}

export type ObjectWriters = ReturnType<typeof objectWriters>

/**
 * Everybody who is writing objects, in the database: an object whose writer is not there and that no row names is an
 * orphan, at whatever step a process died.
 */
export const objectWriters = ({ database, backend, owner, clock, log }: ObjectWritersOptions) => {
  const live = new Set<string>()
  const nowMs = (): number => clock.now().getTime()

  const announce = async (id: string): Promise<void> => {
    live.add(id)
    await database.db
      .insertInto('object_writers')
      .values({ id, owner, lease_until: nowMs() + LEASE_MS })
      .execute()
  }

  const renew = async (): Promise<void> => {
    if (live.size === 0) return
    await database.db
      .updateTable('object_writers')
      .set({ lease_until: nowMs() + LEASE_MS })
      .where('id', 'in', [...live])
      .execute()
  }

  return {
    create(): ObjectWriter {
      const id = newId('writer')
      let announced: Promise<void> | undefined
      let objects = 0
      const newObjectId = async (): Promise<string> => {
        announced ??= announce(id)
        await announced
        objects += 1
        return `${id}-${objects}`
      }
      return {
        store: {
          stage: async () => backend.stage(await newObjectId()),
          delete: (locators) => backend.delete(locators),
        },
        newObjectId,
        async handOver(tx) {
          if (announced === undefined) return
          const row = await tx.deleteFrom('object_writers').where('id', '=', id).returning('id').executeTakeFirst()
          if (row === undefined) throw new AppError(FileErrors.UPLOAD_LOST)
        },
        async handOverSome(tx) {
          if (announced === undefined) return
          // An update and not a look: whoever takes this process for dead waits for the end of the transaction.
          const row = await tx
            .updateTable('object_writers')
            .set({ lease_until: nowMs() + LEASE_MS })
            .where('id', '=', id)
            .returning('id')
            .executeTakeFirst()
          if (row === undefined) throw new AppError(FileErrors.UPLOAD_LOST)
        },
        async finish() {
          if (announced === undefined) return
          live.delete(id)
          await database.db.deleteFrom('object_writers').where('id', '=', id).execute()
        },
        release: () => void live.delete(id),
      }
    },

    /** Keeps the writers of this process alive until it is stopped. */
    keepAlive(): { stop(): void } {
      const timer = setInterval(() => {
        renew().catch((error: unknown) => log.error({ err: error }, 'the leases of uploads could not be renewed'))
      }, RENEW_MS).unref()
      return { stop: () => clearInterval(timer) }
    },

    /** Forgets the writers of dead processes: from now on they cannot hand over. */
    async dropDead(): Promise<void> {
      // One process at a time serves a SQLite database: what another one left there is dead whatever its lease says.
      const alone = database.dialect === 'sqlite'
      await database.db
        .deleteFrom('object_writers')
        .where((eb) => eb.or([eb('lease_until', '<', nowMs()), ...(alone ? [eb('owner', '<>', owner)] : [])]))
        .execute()
    },

    /** @returns Which of these writers may still be writing. */
    async findLive(ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await database.db.selectFrom('object_writers').select('id').where('id', 'in', ids).execute()
      return new Set(rows.map(({ id }) => id))
    },
  }
}
