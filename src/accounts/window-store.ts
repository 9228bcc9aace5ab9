import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Database, inBatches } from '../platform/db/index.ts'
import type { CellSnapshot, SnapshotStore } from '../platform/limits/index.ts'

declare module '../platform/db/tables.ts' {
  interface Tables {
    rate_windows: { subject: string; policy: string; snapshot: string; expires_at: number }
  }
}

/** The sliding windows of the limiter, at most a second old, so that a restart does not open them. */
export const windowStore = (
  database: Database,
): SnapshotStore & { load(nowMs: number): Promise<CellSnapshot[]>; forgetExpired(nowMs: number): Promise<void> } => ({
  async save(rows) {
    if (rows.length === 0) return
    // A counter whose limit has just changed may be here twice, and one statement can write a row only once.
    const newest = new Map(rows.map((row) => [`${row.policy.name} ${row.subject}`, row]))
    await database.transaction(async (tx) => {
      for (const batch of inBatches([...newest.values()])) {
        // There is a row for each address that has guessed. SQLite writes in the thread that answers requests.
        await nextTurn()
        await tx
          .insertInto('rate_windows')
          .values(
            batch.map((row) => ({
              subject: row.subject,
              policy: row.policy.name,
              snapshot: JSON.stringify(row),
              expires_at: row.expiresAt,
            })),
          )
          .onConflict((oc) =>
            oc.columns(['subject', 'policy']).doUpdateSet((eb) => ({
              snapshot: eb.ref('excluded.snapshot'),
              expires_at: eb.ref('excluded.expires_at'),
            })),
          )
          .execute()
      }
    })
  },
  /** Whoever sends from many addresses leaves a row for each. */
  async forgetExpired(nowMs) {
    await database.db.deleteFrom('rate_windows').where('expires_at', '<=', nowMs).execute()
  },
  /** @returns The windows that still count; the others are deleted. */
  async load(nowMs) {
    await database.db.deleteFrom('rate_windows').where('expires_at', '<=', nowMs).execute()
    const rows = await database.db.selectFrom('rate_windows').select('snapshot').execute()
    return rows.map(({ snapshot }) => JSON.parse(snapshot) as CellSnapshot)
  },
})
