import { type Db, inBatches } from '../platform/db/index.ts'
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
  const answers = new Map<Request, Reservation>()
  const reserveAll = async (tx: Db): Promise<void> => {
    for (const group of statementsOf(requests))
      for (const batch of inBatches(group))
        for (const [request, reservation] of await reserveBatch(tx, batch)) answers.set(request, reservation)
  }
  await (requests.length === 1 ? reserveAll(db) : db.transaction().execute(reserveAll))
  return requests.map((request) => answers.get(request)!)
}

const rowOf = ({ subject, policy, day }: Pick<Request, 'subject' | 'policy' | 'day'>): string =>
  `${day} ${policy} ${subject}`

/**
 * Requests that one statement can serve: under the same limit, and each row once. In one order everywhere, or two
 * processes could wait for each other.
 */
const statementsOf = (requests: readonly Request[]): Request[][] => {
  const groups = new Map<string, Request[]>()
  const times = new Map<string, number>()
  const ordered = requests.toSorted((a, b) => a.limit - b.limit || (rowOf(a) < rowOf(b) ? -1 : 1))
  for (const request of ordered) {
    const row = rowOf(request)
    const time = times.get(row) ?? 0
    times.set(row, time + 1)
    const group = groups.get(`${time} ${request.limit}`) ?? []
    groups.set(`${time} ${request.limit}`, group)
    group.push(request)
  }
  return [...groups.values()]
}

const reserveBatch = async (db: Db, batch: readonly Request[]): Promise<[Request, Reservation][]> => {
  const limit = batch[0]?.limit ?? 0
  const rows = await db
    .insertInto('quota_reservations')
    .values(batch.map(({ subject, policy, day, units }) => ({ subject, policy, day, reserved: units })))
    .onConflict((oc) =>
      oc
        .columns(['subject', 'policy', 'day'])
        .doUpdateSet((eb) => ({ reserved: eb('quota_reservations.reserved', '+', eb.ref('excluded.reserved')) }))
        .where('quota_reservations.reserved', '<', limit),
    )
    .returning(['subject', 'policy', 'day', 'reserved'])
    .execute()
  // A row that had reached its limit is not among them.
  const reserved = new Map(rows.map((row) => [rowOf(row), row.reserved]))
  return batch.map((request) => [request, reservationOf(reserved.get(rowOf(request)), request.units, limit)])
}
