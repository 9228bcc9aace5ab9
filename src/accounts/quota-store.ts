import type { Db } from '../platform/db/index.ts'
import { type QuotaStore, type Reservation, reservationOf } from '../platform/limits/index.ts'

declare module '../platform/db/tables.ts' {
  interface Tables {
    quota_reservations: { subject: string; policy: string; day: number; reserved: number }
  }
}

const KEPT_DAYS = 2

type Request = Parameters<QuotaStore['reserve']>[0]

interface Waiting {
  readonly request: Request
  resolve(reservation: Reservation): void
  reject(error: unknown): void
}

/**
 * Day quotas in the database: what is reserved is written before it is spent, so a crash loses units and invents none.
 * Requests of one turn of the event loop share a commit, which costs a hundred times what a row costs.
 */
export const quotaStore = (db: Db): QuotaStore & { forgetBefore(day: number): Promise<void> } => {
  let waiting: Waiting[] = []

  const reserveAll = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    try {
      const reservations = await reserveTogether(
        db,
        batch.map(({ request }) => request),
      )
      for (const [index, { resolve }] of batch.entries()) resolve(reservations[index]!)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    reserve: (request) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ request, resolve, reject }) === 1) queueMicrotask(reserveAll)
      }),

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
  }
}

/** @returns The answers in the order of the requests. */
const reserveTogether = async (db: Db, requests: readonly Request[]): Promise<Reservation[]> => {
  const [only] = requests
  if (requests.length === 1 && only !== undefined) return [await reserveOne(db, only)]
  const answers = new Map<Request, Reservation>()
  // In one order everywhere, or two processes could wait for each other.
  const ordered = requests.toSorted((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0))
  await db.transaction().execute(async (tx) => {
    for (const request of ordered) answers.set(request, await reserveOne(tx, request))
  })
  return requests.map((request) => answers.get(request)!)
}

const reserveOne = async (db: Db, { subject, policy, day, units, limit }: Request): Promise<Reservation> => {
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
}
