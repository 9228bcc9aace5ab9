import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Db, SqlDialect } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    audit_log: {
      seq: number
      at: number
      account_id: string
      actor: string
      action: string
      target: string
      data: string
      previous_hash: Buffer
      hash: Buffer
    }
  }
}

export interface AuditEvent {
  readonly accountId: string
  /** Who did it: `session:…`, `key:…`, `device:…`, `setup`, `system`. */
  readonly actor: string
  /** `key.created`, `session.started` … */
  readonly action: string
  readonly target: string
  /** Facts worth keeping. Never a secret. */
  readonly data?: Readonly<Record<string, string | number | boolean | null>>
}

export interface AuditEntry {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly data: string
}

/** Which entries of an account; absent is all. */
export interface AuditFilter {
  /** A whole action, or what stands before its dot. */
  readonly action?: string | undefined
  /** A whole actor, or what stands before its colon. */
  readonly actor?: string | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

export type AuditLog = ReturnType<typeof auditLog>

// Any number that no other lock of ours has.
const CHAIN_LOCK = 7_202_611_221

/**
 * Who did what, append-only: the database refuses changes, and each entry's hash covers the one before it, so that a
 * row taken out or edited by other means shows.
 */
export const auditLog = ({ dialect, clock }: { dialect: SqlDialect; clock: Clock }) => ({
  /** @param tx The transaction of the change itself: there is no change without its entry. */
  async append(tx: Db, event: AuditEvent): Promise<void> {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${CHAIN_LOCK})`.execute(tx)
    const last = await tx
      .selectFrom('audit_log')
      .select(['seq', 'hash'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    const entry = {
      seq: (last?.seq ?? 0) + 1,
      at: clock.now().getTime(),
      account_id: event.accountId,
      actor: event.actor,
      action: event.action,
      target: event.target,
      data: JSON.stringify(event.data ?? {}),
    }
    const previous = last?.hash ?? Buffer.alloc(32)
    await tx
      .insertInto('audit_log')
      .values({ ...entry, previous_hash: previous, hash: chainHash(previous, entry) })
      .execute()
  },
  /** Newest first. @param before Only entries older than this sequence number. */
  list: (
    db: Db,
    accountId: string,
    limit: number,
    before: number | undefined,
    { action, actor, sinceMs, untilMs }: AuditFilter = {},
  ): Promise<AuditEntry[]> =>
    db
      .selectFrom('audit_log')
      .select(['seq', 'at', 'actor', 'action', 'target', 'data'])
      .where('account_id', '=', accountId)
      .$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
      .$if(action !== undefined, (query) => query.where(wholeOrBegin('action', action ?? '', '.')))
      .$if(actor !== undefined, (query) => query.where(wholeOrBegin('actor', actor ?? '', ':')))
      .$if(sinceMs !== undefined, (query) => query.where('at', '>=', sinceMs ?? 0))
      .$if(untilMs !== undefined, (query) => query.where('at', '<', untilMs ?? 0))
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute(),
  /** @returns The sequence number of the first entry that does not fit the one before it, or undefined. */
  async firstBreak(db: Db): Promise<number | undefined> {
    let previous: Buffer = Buffer.alloc(32)
    for (let after = 0; ; ) {
      const rows = await db
        .selectFrom('audit_log')
        .selectAll()
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(500)
        .execute()
      for (const { hash, previous_hash, ...entry } of rows) {
        const expected = chainHash(previous, entry)
        if (entry.seq !== after + 1 || !previous.equals(previous_hash) || !expected.equals(hash)) return entry.seq
        previous = hash
        after = entry.seq
      }
      if (rows.length === 0) return undefined
    }
  },
})

/** `key` finds `key.created`; what has the sign in it already is meant as it stands. */
const wholeOrBegin = (column: 'action' | 'actor', wanted: string, sign: string) => {
  const begin = `${wanted}${sign}`
  return sql<boolean>`(${sql.ref(column)} = ${wanted} or substr(${sql.ref(column)}, 1, ${sql.lit(begin.length)}) = ${begin})`
}

interface ChainedEntry {
  readonly seq: number
  readonly at: number
  readonly account_id: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly data: string
}

const chainHash = (previous: Buffer, { seq, at, account_id, actor, action, target, data }: ChainedEntry): Buffer =>
  createHash('sha256')
    .update(previous)
    .update(JSON.stringify([seq, at, account_id, actor, action, target, data]))
    .digest()
