import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { BackendErrors } from '../backends/backend.ts'
import type { HealthState } from './tables.ts'

/** So many failures in a row, and a backend counts as down. */
const DOWN_AFTER = 3
/** How long one failure among successes is remembered. */
const REMEMBER_MS = 5 * 60_000

export interface BackendHealth {
  readonly state: HealthState
  readonly lastError: string | null
  readonly failedAt: number | null
}

export type HealthBook = ReturnType<typeof healthBook>

/**
 * How the backends are, as seen by what they are used for. Changes are written down, so that a process that only answers
 * requests knows what one that only works found out.
 */
export const healthBook = ({ database, clock, log }: { database: Database; clock: Clock; log: Log }) => {
  const seen = new Map<string, { failures: number; state: HealthState; error: string | null; failedAt: number }>()
  const nowMs = (): number => clock.now().getTime()

  const write = async (
    name: string,
    { state, error, failedAt }: { state: HealthState; error: string | null; failedAt: number },
  ) => {
    const facts = { health: state, last_error: error, failed_at: failedAt === 0 ? null : failedAt }
    await database.db
      .insertInto('storage_backends')
      .values({ name, settings: '{}', keeps_deleted: 0, paused_until: 0, swept_at: 0, ...facts })
      .onConflict((oc) => oc.column('name').doUpdateSet(facts))
      .execute()
  }

  const change = (
    name: string,
    after: { failures: number; state: HealthState; error: string | null; failedAt: number },
  ) => {
    const before = seen.get(name)
    seen.set(name, after)
    if ((before?.state ?? 'ok') === after.state && before?.error === after.error) return
    if ((before?.state ?? 'ok') !== after.state)
      log[after.state === 'ok' ? 'info' : 'error'](
        { backend: name, health: after.state, error: after.error },
        'a storage changed its health',
      )
    write(name, after).catch((error: unknown) =>
      log.warn({ err: error }, 'the health of a storage could not be written'),
    )
  }

  const clear = async (name: string): Promise<void> => {
    const row = database.db.updateTable('storage_backends').set({ health: 'ok' }).where('name', '=', name)
    await row.where('health', '<>', 'ok').execute()
  }

  return {
    /** Something worked. */
    succeeded(name: string): void {
      const known = seen.get(name)
      if (known === undefined) {
        seen.set(name, { failures: 0, state: 'ok', error: null, failedAt: 0 })
        // A process before this one may have ended while it was down.
        clear(name).catch((error: unknown) => log.warn({ err: error }, 'the health of a storage could not be written'))
        return
      }
      if (known.state === 'ok' && known.failures === 0) return
      const recent = known.state !== 'down' && nowMs() - known.failedAt < REMEMBER_MS
      change(name, { ...known, failures: 0, state: recent ? 'degraded' : 'ok' })
    },

    /** Something failed. What is no fault of the backend (a damaged copy, a cancelled transfer) is not noted. */
    failed(name: string, error: unknown): void {
      if (!(error instanceof AppError) || !FAULTS.has(error.code)) return
      const failures = (seen.get(name)?.failures ?? 0) + 1
      const state = failures >= DOWN_AFTER ? 'down' : 'degraded'
      change(name, { failures, state, error: error.message, failedAt: nowMs() })
    },

    isDown: (name: string): boolean => seen.get(name)?.state === 'down',

    /** As this process or another one saw them last. */
    async all(): Promise<Map<string, BackendHealth>> {
      const rows = await database.db
        .selectFrom('storage_backends')
        .select(['name', 'health', 'last_error', 'failed_at'])
        .execute()
      return new Map(
        rows.map(({ name, health, last_error, failed_at }) => {
          const isOld = health === 'degraded' && nowMs() - (failed_at ?? 0) > REMEMBER_MS
          return [name, { state: isOld ? 'ok' : health, lastError: last_error, failedAt: failed_at }]
        }),
      )
    },
  }
}

const FAULTS = new Set<string>([BackendErrors.BACKEND_UNAVAILABLE.code, BackendErrors.DISK_FULL.code])
