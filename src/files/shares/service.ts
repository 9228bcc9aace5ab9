import { planRepo } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { newId, randomBase62 } from '../../platform/ids.ts'
import type { Counters } from '../stats/counters.ts'
import {
  type NewRequest,
  type NewShare,
  type Share,
  type ShareChange,
  ShareErrors,
  type SharesPage,
  type SharesQuery,
} from './contract.ts'
import type { ShareExpiry } from './expiry.ts'
import type { SharePasswords } from './passwords.ts'
import { toShare } from './present.ts'
import { type ShareRepo, type StoredShare, shareRepo } from './repo.ts'
import { shareTargets } from './targets.ts'

// 131 bits.
const TOKEN_LENGTH = 22

/** What a link leads to. */
export type Target =
  | { readonly kind: 'file'; readonly fileId: string }
  | { readonly kind: 'folder' | 'request'; readonly folderId: string }

export interface ShareServiceParts {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
  readonly passwords: SharePasswords
  readonly expiry: ShareExpiry
  readonly publicUrl: () => string
}

export type ShareService = ReturnType<typeof shareService>

/** Links, for those who make them. */
export const shareService = ({ database, counters, clock, passwords, expiry, publicUrl }: ShareServiceParts) => {
  const shares = shareRepo(database.db)
  const present = (share: StoredShare, nowMs: number): Share => toShare(share, { publicUrl: publicUrl(), nowMs })

  const get = async (repo: ShareRepo, accountId: string, id: string): Promise<StoredShare> => {
    const share = await repo.find(accountId, id)
    if (share === undefined) throw new AppError(ShareErrors.SHARE_NOT_FOUND)
    return share
  }

  const toRow = async (accountId: string, target: Target, wish: NewShare & NewRequest): Promise<StoredShare> => {
    const nowMs = clock.now().getTime()
    const { password = null } = wish
    return {
      id: newId('share'),
      kind: target.kind,
      account_id: accountId,
      file_id: target.kind === 'file' ? target.fileId : null,
      folder_id: target.kind === 'file' ? null : target.folderId,
      token: randomBase62(TOKEN_LENGTH),
      name: wish.name ?? null,
      password_hash: password === null ? null : await passwords.hash(password),
      password_version: 0,
      disposition: wish.disposition ?? 'inline',
      expires_at: expiryOf(wish, nowMs) ?? null,
      max_downloads: wish.max_downloads ?? null,
      downloads: 0,
      max_file_bytes: wish.max_file_bytes ?? null,
      max_files: wish.max_files ?? null,
      files_received: 0,
      created_at: nowMs,
      disabled_at: null,
      ended_at: null,
    }
  }

  return {
    /** @throws {AppError} FILE_NOT_FOUND, FOLDER_NOT_FOUND, LINK_LIMIT_REACHED, EXPIRY_PASSED, SHARE_BUSY */
    async create(accountId: string, target: Target, wish: NewShare & NewRequest): Promise<Share> {
      // Before a password is hashed, and once more where nobody can take the file away in between.
      await assertTarget(database.db, accountId, target)
      const row = await toRow(accountId, target, wish)
      await counters.change(accountId, async (tx, before) => {
        await assertTarget(tx, accountId, target)
        const ended = await shareRepo(tx).endExpired(accountId, row.created_at)
        await assertRoom(tx, accountId, before.share_links - ended)
        await shareRepo(tx).insert(row)
        return { result: undefined, add: { shareLinks: 1 - ended } }
      })
      expiry.note(row.expires_at)
      return present(row, row.created_at)
    },

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, { limit, cursor = '', file_id, folder_id }: SharesQuery): Promise<SharesPage> {
      const list = [accountId, 'shares', file_id ?? '', folder_id ?? '']
      const after = cursor === '' ? undefined : parseCursor(cursor, list)
      const found = await shares.list(accountId, { fileId: file_id, folderId: folder_id, after, limit: limit + 1 })
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      const nowMs = clock.now().getTime()
      return {
        shares: page.map((share) => present(share, nowMs)),
        next_cursor: last === undefined ? null : toCursor({ createdAt: last.created_at, id: last.id }, list),
      }
    },

    /** @throws {AppError} SHARE_NOT_FOUND */
    async get(accountId: string, id: string): Promise<Share> {
      return present(await get(shares, accountId, id), clock.now().getTime())
    },

    /** @throws {AppError} SHARE_NOT_FOUND, SHARE_DISABLED, LINK_LIMIT_REACHED, EXPIRY_PASSED, SHARE_BUSY */
    async change(accountId: string, id: string, wish: ShareChange): Promise<Share> {
      const nowMs = clock.now().getTime()
      const expires = expiryOf(wish, nowMs)
      await get(shares, accountId, id)
      const { password, expires_at: _at, expires_in: _in, ...plain } = wish
      const password_hash = password === undefined || password === null ? password : await passwords.hash(password)
      const changed = await counters.change(accountId, async (tx, before) => {
        const repo = shareRepo(tx)
        const share = await get(repo, accountId, id)
        if (share.disabled_at !== null) throw new AppError(ShareErrors.SHARE_DISABLED)
        const ended = await repo.endExpired(accountId, nowMs)
        const locks = password_hash === undefined ? {} : { password_hash, password_version: share.password_version + 1 }
        await repo.update(accountId, id, {
          ...given(plain),
          ...locks,
          ...(expires === undefined ? {} : { expires_at: expires }),
        })
        const revived = await repo.settle(accountId, id, nowMs)
        // A link that works again is one more, as a new one would be.
        if (revived > 0) await assertRoom(tx, accountId, before.share_links - ended)
        return { result: await get(repo, accountId, id), add: { shareLinks: revived - ended } }
      })
      expiry.note(changed.expires_at)
      return present(changed, nowMs)
    },

    /** A link that was disabled before stays so. @throws {AppError} SHARE_NOT_FOUND */
    async disable(accountId: string, id: string): Promise<Share> {
      const nowMs = clock.now().getTime()
      const disabled = await counters.change(accountId, async (tx) => {
        const repo = shareRepo(tx)
        const share = await get(repo, accountId, id)
        if (share.disabled_at === null) await repo.update(accountId, id, { disabled_at: nowMs })
        const lost = await repo.settle(accountId, id, nowMs)
        return { result: await get(repo, accountId, id), add: { shareLinks: lost } }
      })
      return present(disabled, nowMs)
    },
  }
}

const assertTarget = (db: Db, accountId: string, target: Target): Promise<void> =>
  target.kind === 'file'
    ? shareTargets(db).assertFile(accountId, target.fileId)
    : shareTargets(db).assertFolder(accountId, target.folderId)

const assertRoom = async (tx: Db, accountId: string, links: number): Promise<void> => {
  const { max_links } = await planRepo(tx).ofAccount(accountId)
  if (max_links !== null && links >= max_links) throw new AppError(ShareErrors.LINK_LIMIT_REACHED)
}

type GivenOnly<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

const given = <T extends object>(wish: T): GivenOnly<T> => {
  const entries = Object.entries(wish).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as GivenOnly<T>
}

/**
 * @returns Milliseconds, on a whole second, because that is what callers are told; null for never, undefined if
 * nothing was said.
 * @throws {AppError} EXPIRY_PASSED
 */
const expiryOf = (
  { expires_at, expires_in }: { expires_at?: string | null | undefined; expires_in?: number | undefined },
  nowMs: number,
): number | null | undefined => {
  if (expires_in !== undefined) return wholeSecond(nowMs + expires_in * 1000)
  if (expires_at === undefined || expires_at === null) return expires_at
  const expiresMs = wholeSecond(Date.parse(expires_at))
  if (!(expiresMs > nowMs)) throw new AppError(ShareErrors.EXPIRY_PASSED)
  return expiresMs
}

const wholeSecond = (ms: number): number => Math.ceil(ms / 1000) * 1000
