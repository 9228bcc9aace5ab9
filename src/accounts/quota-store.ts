import type { Db } from '../platform/db/index.ts'
import { type QuotaStore, reservationOf } from '../platform/limits/index.ts'

declare module '../platform/db/tables.ts' {
  interface Tables {
    quota_reservations: { subject: string; policy: string; day: number; reserved: number }
  }
}

const KEPT_DAYS = 2

/** Day quotas in the database: what is reserved is written before it is spent, so a crash loses units and invents none. */
export const quotaStore = (db: Db): QuotaStore & { forgetBefore(day: number): Promise<void> } => ({
  async reserve({ subject, policy, day, units, limit }) {
    const row = await db
      .insertInto('quota_reservations')
      .values({ subject, policy, day, reserved: units })
      .onConflict((oc) =>
        oc
          .columns(['subject', 'policy', 'day'])
          .doUpdateSet((eb) => ({ reserved: eb('quota_reservations.reserved', '+', units) }))
          .where('quota_reservations.reserved', '<', limit),
      )
      .returning('reserved')
      .executeTakeFirst()
    return reservationOf(row?.reserved, units, limit)
  },
  async release({ subject, policy, day, units }) {
    await db
      .updateTable('quota_reservations')
      .set((eb) => ({ reserved: eb('reserved', '-', units) }))
      .where('subject', '=', subject)
      .where('policy', '=', policy)
      .where('day', '=', day)
      .where('reserved', '>=', units)
      .execute()
  },
  async forgetBefore(day) {
    await db
      .deleteFrom('quota_reservations')
      .where('day', '<', day - KEPT_DAYS)
      .execute()
  },
})
