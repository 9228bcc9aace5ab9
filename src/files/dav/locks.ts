import { randomUUID } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { nameKey } from '../files/names.ts'
import { type Space, spaceIdOf } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import { DavErrors } from './contract.ts'
import { violation } from './dialect.ts'
import { lockRepo, type StoredLock } from './repo.ts'

// All of a place are read whenever something in it changes.
const MAX_LOCKS = 500

/** Where a lock can be: a path of a place. */
export interface LockPath {
  readonly space: Space
  readonly path: string
}

/** What a change touches, for the locks that have to be known. */
export interface Touch extends LockPath {
  /** Also everything below. */
  readonly tree?: boolean
  /** Also which names there are in the folder it lies in. */
  readonly membership?: boolean
}

/** Who changes something, and which locks are known to be there. */
export interface Holder {
  readonly accountId: string
  readonly tokens: ReadonlySet<string>
}

export interface NewLock extends LockPath {
  readonly href: string
  readonly depth: StoredLock['depth']
  readonly scope: StoredLock['scope']
  readonly owner: string
  readonly timeoutMs: number
}

/** @param names Within the place. */
export const lockPath = (names: readonly string[]): string => `/${names.map((name) => `${nameKey(name)}/`).join('')}`

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/', path.length - 2) + 1)

/** Whether what is at a path is locked by a lock. */
export const covers = ({ path, depth }: StoredLock, wanted: string): boolean =>
  path === wanted || (depth === 'infinity' && wanted.startsWith(path))

const isTouched = (lock: StoredLock, { path, tree = false, membership = false }: Touch): boolean =>
  covers(lock, path) || (tree && lock.path.startsWith(path)) || (membership && covers(lock, parentOf(path)))

export type Locks = ReturnType<typeof lockService>

/**
 * Locks on paths. They bind those who come by WebDAV; whoever uses another way in is not asked for tokens.
 */
export const lockService = ({
  database,
  counters,
  clock,
}: {
  database: Database
  counters: Counters
  clock: Clock
}) => {
  const nowMs = (): number => clock.now().getTime()

  const assertKnown = async (db: Db, holder: Holder, touches: readonly Touch[]): Promise<void> => {
    for (const [spaceId, ofSpace] of Map.groupBy(touches, ({ space }) => spaceIdOf(space))) {
      const space = ofSpace[0]?.space
      if (space === undefined) throw new Error(`nothing is touched in ${spaceId}`)
      const locks = await lockRepo(db).live(space, nowMs())
      const touched = locks.filter((lock) => ofSpace.some((touch) => isTouched(lock, touch)))
      // Of shared locks on one path it is enough to hold one.
      for (const group of Map.groupBy(touched, ({ path }) => path).values())
        if (!group.some(({ token, account_id }) => account_id === holder.accountId && holder.tokens.has(token)))
          throw violation(
            DavErrors.LOCKED,
            'lock-token-submitted',
            group.map(({ href }) => href),
          )
    }
  }

  return {
    live: (space: Space): Promise<StoredLock[]> => lockRepo(database.db).live(space, nowMs()),

    /** @param db A transaction of the place, where nobody may lock something meanwhile. @throws {AppError} LOCKED */
    assertKnown: (holder: Holder, touches: readonly Touch[], db: Db = database.db): Promise<void> =>
      assertKnown(db, holder, touches),

    /** @throws {AppError} LOCKED, TOO_MANY_LOCKS */
    create: (holder: Holder, wish: NewLock, touches: readonly Touch[]): Promise<StoredLock> =>
      counters.changeIn(wish.space, async (tx) => {
        const [repo, at] = [lockRepo(tx), nowMs()]
        await repo.deleteExpired(at)
        const locks = await repo.live(wish.space, at)
        const inTheWay = locks.filter((lock) => isInTheWay(lock, wish))
        if (inTheWay.length > 0)
          throw violation(
            DavErrors.LOCKED,
            'no-conflicting-lock',
            inTheWay.map(({ href }) => href),
          )
        await assertKnown(tx, holder, touches)
        if (locks.length >= MAX_LOCKS) throw new AppError(DavErrors.TOO_MANY_LOCKS)
        const { space, timeoutMs, ...shape } = wish
        const ids = { token: `urn:uuid:${randomUUID()}`, space_id: spaceIdOf(space), account_id: holder.accountId }
        const lock = { ...ids, ...shape, expires_at: at + timeoutMs }
        await repo.insert(lock)
        return { result: lock, add: new Map() }
      }),

    /** @returns The lock, with its new end. @throws {AppError} CONDITION_FAILED if the client shows none that is there */
    async refresh({ accountId, tokens }: Holder, { space, path }: LockPath, timeoutMs: number): Promise<StoredLock> {
      const repo = lockRepo(database.db)
      const locks = await repo.live(space, nowMs())
      const own = locks.find((lock) => tokens.has(lock.token) && lock.account_id === accountId && covers(lock, path))
      if (own === undefined) throw violation(DavErrors.CONDITION_FAILED, 'lock-token-matches-request-uri')
      const expires_at = nowMs() + timeoutMs
      await repo.extend(space, own.token, expires_at)
      return { ...own, expires_at }
    },

    /** @throws {AppError} LOCK_MISMATCH, LOCK_OF_OTHERS */
    async release(accountId: string, { space, path }: LockPath, token: string): Promise<void> {
      const repo = lockRepo(database.db)
      const lock = (await repo.live(space, nowMs())).find((one) => one.token === token && covers(one, path))
      if (lock === undefined) throw violation(DavErrors.LOCK_MISMATCH, 'lock-token-matches-request-uri')
      if (lock.account_id !== accountId) throw new AppError(DavErrors.LOCK_OF_OTHERS)
      await repo.delete(space, [token])
    },

    /** Ends the locks on what has gone, and on all that was below it. */
    async forget({ space, path }: LockPath, db: Db = database.db): Promise<void> {
      const repo = lockRepo(db)
      const gone = (await repo.live(space, nowMs())).filter((lock) => lock.path.startsWith(path))
      await repo.delete(
        space,
        gone.map(({ token }) => token),
      )
    },

    /** Seconds until it ends. */
    secondsLeft: ({ expires_at }: StoredLock): number => Math.max(0, Math.ceil((expires_at - nowMs()) / 1000)),
  }
}

const isInTheWay = (lock: StoredLock, { path, depth, scope }: NewLock): boolean =>
  (covers(lock, path) || (depth === 'infinity' && lock.path.startsWith(path))) &&
  (lock.scope === 'exclusive' || scope === 'exclusive')
