import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/index.ts'
import { randomBase62 } from '../ids.ts'
import type { Log } from '../log/index.ts'
import { isDead, parseTag, thisProcess, toTag } from '../process-owner.ts'
import { databaseNow } from './database-time.ts'

declare module '../db/tables.ts' {
  interface Tables {
    leases: { name: string; owner: string | null; fence: number; held_until: number }
  }
}

/** @returns What names this process in the database; different in the process that follows it. */
export const processOwner = (): string => `${toTag(thisProcess())}.${randomBase62(8)}`

/** @param owner From `processOwner`. @returns Whether it is certain that this process is not there any more. */
export const isOwnerDead = (owner: string): boolean => {
  const parsed = parseTag(owner)
  return parsed !== undefined && isDead(parsed)
}

/** The right to do something that one process at a time may do. */
export interface Lease {
  readonly name: string
  /** Grows with every owner: whoever is told of two keeps to the larger. */
  readonly fence: number
  /** Aborts when the lease is lost: it could not be renewed in time, or somebody else has it. Not on `release`. */
  readonly signal: AbortSignal
  held(): boolean
  /** It is renewed by itself; this is for asking before something that must not happen twice. */
  renew(): Promise<boolean>
  /** Gives it up; nobody gets it for another `restMs`. Does nothing if it is lost. */
  release(restMs?: number): Promise<void>
}

export interface LeaseOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
}

export type Leases = ReturnType<typeof leaseService>

export const leaseService = ({ database, clock, log, owner }: LeaseOptions) => {
  const repo = leaseRepo(database, clock, owner)
  return {
    /** @returns The lease, renewed every third of `ttlMs` until it is released or lost; undefined if it is taken. */
    async acquire(name: string, ttlMs: number): Promise<Lease | undefined> {
      const askedAtMs = clock.monotonicMs()
      // A lease outlives its process for as long as that might only be slow; of one that is known to be dead nobody
      // waits for it.
      const fence =
        (await repo.acquire(name, ttlMs)) ?? ((await repo.bury(name)) ? await repo.acquire(name, ttlMs) : undefined)
      return fence === undefined ? undefined : holdLease({ repo, clock, log, name, fence, ttlMs, askedAtMs })
    },
    /** @returns Names that begin so and that it is of no use to ask for: somebody has them who may be alive. */
    taken: (prefix: string): Promise<Set<string>> => repo.taken(prefix),
    /** @returns Milliseconds until it can be had, unless it is renewed or released before; 0 if it is free. */
    freeInMs: (name: string): Promise<number> => repo.freeInMs(name),
  }
}

type LeaseRepo = ReturnType<typeof leaseRepo>

const leaseRepo = (database: Database, clock: Clock, owner: string) => {
  const inMs = (ms: number) => sql<number>`${databaseNow(database, clock)} + ${ms}`
  const update = async (name: string, fence: number, set: { owner?: null; held_until: ReturnType<typeof inMs> }) => {
    const mine = database.db.updateTable('leases').set(set).where('name', '=', name).where('fence', '=', fence)
    return (await mine.where('owner', '=', owner).returning('name').executeTakeFirst()) !== undefined
  }
  return {
    async acquire(name: string, ttlMs: number): Promise<number | undefined> {
      const row = await database.db
        .insertInto('leases')
        .values({ name, owner, fence: 1, held_until: inMs(ttlMs) })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ owner, fence: sql<number>`leases.fence + 1`, held_until: inMs(ttlMs) })
            .where('leases.held_until', '<=', databaseNow(database, clock)),
        )
        .returning('fence')
        .executeTakeFirst()
      return row?.fence
    },
    renew: (name: string, fence: number, ttlMs: number) => update(name, fence, { held_until: inMs(ttlMs) }),
    release: (name: string, fence: number, restMs: number) =>
      update(name, fence, { owner: null, held_until: inMs(restMs) }),
    /** Ends the lease if its owner is dead. @returns Whether it was. */
    async bury(name: string): Promise<boolean> {
      const row = await database.db
        .selectFrom('leases')
        .select(['owner', 'fence'])
        .where('name', '=', name)
        .executeTakeFirst()
      if (row === undefined || row.owner === null || !isOwnerDead(row.owner)) return false
      const ended = await database.db
        .updateTable('leases')
        .set({ owner: null, held_until: 0 })
        .where('name', '=', name)
        .where('fence', '=', row.fence)
        .where('owner', '=', row.owner)
        .returning('name')
        .executeTakeFirst()
      return ended !== undefined
    },
    async taken(prefix: string): Promise<Set<string>> {
      const rows = await database.db
        .selectFrom('leases')
        .select(['name', 'owner'])
        .where('name', 'like', `${prefix}%`)
        .where('held_until', '>', databaseNow(database, clock))
        .execute()
      const owners = new Set(rows.map(({ owner }) => owner))
      const dead = new Set([...owners].filter((by) => by !== null && isOwnerDead(by)))
      return new Set(rows.flatMap(({ name, owner }) => (dead.has(owner) ? [] : [name])))
    },
    async freeInMs(name: string): Promise<number> {
      const left = sql<number>`held_until - ${databaseNow(database, clock)}`.as('left_ms')
      const row = await database.db.selectFrom('leases').select(left).where('name', '=', name).executeTakeFirst()
      return Math.max(0, row?.left_ms ?? 0)
    },
  }
}

interface HoldOptions {
  readonly repo: LeaseRepo
  readonly clock: Clock
  readonly log: Log
  readonly name: string
  readonly fence: number
  readonly ttlMs: number
  /** Monotonic; before the lease began. */
  readonly askedAtMs: number
}

const holdLease = ({ repo, clock, log, name, fence, ttlMs, askedAtMs }: HoldOptions): Lease => {
  const abort = new AbortController()
  let heldUntilMs = askedAtMs + ttlMs
  let over = false
  let deadline: NodeJS.Timeout | undefined

  const end = (): void => {
    over = true
    clearInterval(beat)
    clearTimeout(deadline)
  }
  const lose = (): void => {
    if (over) return
    end()
    log.warn({ lease: name }, 'A lease is lost')
    abort.abort(new Error(`The lease ${name} is lost.`))
  }
  const held = (): boolean => {
    // A process that was stopped for a while sees here that its time is over before its timers do.
    if (!over && clock.monotonicMs() >= heldUntilMs) lose()
    return !over
  }
  // A timer of its own: a database that does not answer must not keep a lease alive.
  const watch = (): void => {
    clearTimeout(deadline)
    deadline = setTimeout(() => held() && watch(), Math.max(1, heldUntilMs - clock.monotonicMs())).unref()
  }
  const renew = async (): Promise<boolean> => {
    if (!held()) return false
    const renewedAtMs = clock.monotonicMs()
    const kept = await repo.renew(name, fence, ttlMs)
    if (over) return false
    if (!kept) lose()
    else heldUntilMs = Math.max(heldUntilMs, renewedAtMs + ttlMs)
    if (held()) watch()
    return held()
  }
  const renewQuietly = (): void => {
    renew().catch((error: unknown) => log.warn({ err: error, lease: name }, 'A lease could not be renewed'))
  }
  const beat = setInterval(renewQuietly, ttlMs / 3).unref()
  watch()
  return {
    name,
    fence,
    signal: abort.signal,
    held,
    renew,
    async release(restMs = 0) {
      if (!held()) return
      end()
      await repo.release(name, fence, restMs)
    },
  }
}
