import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import type { AuditLog } from '../audit/log.ts'
import { AccountErrors } from '../errors.ts'
import type { Revocations } from '../gate/revocations.ts'
import { codeRepo } from '../one-time-codes.ts'
import { sessionRepo } from '../sessions/repo.ts'
import type { ManagedAccount } from './admin-contract.ts'
import { assertAnotherAdmin, removeAccount } from './removal.ts'
import { type ManagedRow, userRepo } from './repo.ts'
import { toAccount } from './service.ts'

export interface AdminServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  readonly revocations: Revocations
}

/** Who changes an account, and by which session. */
export interface Administrator {
  readonly accountId: string
  readonly actor: string
}

export interface AccountWish {
  readonly status?: 'active' | 'disabled' | undefined
  readonly is_admin?: boolean | undefined
  readonly plan?: string | undefined
}

export type AdminService = ReturnType<typeof adminService>

const LIST = 'accounts'

export const toManagedAccount = (row: ManagedRow): ManagedAccount => ({
  ...toAccount(row),
  status: row.status === 'active' ? 'active' : 'disabled',
  last_sign_in_at: row.last_sign_in_at === null ? null : new Date(row.last_sign_in_at).toISOString(),
})

/** What the administrators of a server do with its accounts. */
export const adminService = ({ database, clock, audit, revocations }: AdminServiceOptions) => {
  const nowMs = (): number => clock.now().getTime()

  /** Does something in turn with everything else that changes who administers the server. */
  const inTurn = <T>(accountId: string, work: (tx: Db, admins: readonly string[]) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      const admins = await userRepo(tx).lockAdmins(database.dialect)
      // Asked here and not at the door: who is demoted by one request must not get the next one through beside it.
      if (!admins.includes(accountId)) throw new AppError(AccountErrors.ADMIN_ONLY)
      return work(tx, admins)
    })

  const getIn = async (tx: Db, id: string): Promise<ManagedRow> => {
    const row = await userRepo(tx).findManaged(id)
    if (row === undefined) throw new AppError(AccountErrors.ACCOUNT_NOT_FOUND)
    return row
  }

  /** In the log of the account and in that of the administrator: who is disabled or deleted cannot read their own. */
  const record = async (tx: Db, by: Administrator, id: string, action: string, data: AccountWish = {}) => {
    const facts = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
    for (const accountId of new Set([id, by.accountId]))
      await audit.append(tx, { accountId, actor: by.actor, action, target: id, data: facts })
  }

  const apply = async (tx: Db, row: ManagedRow, wish: AccountWish, admins: readonly string[]): Promise<void> => {
    const users = userRepo(tx)
    const status = wish.status ?? row.status
    const isAdmin = wish.is_admin ?? row.is_admin === 1
    const plan = wish.plan ?? row.plan_id
    if (status !== 'active' || !isAdmin) assertAnotherAdmin(admins, row.id)
    if (!(await users.hasPlan(plan))) throw new AppError(AccountErrors.PLAN_UNKNOWN)
    if (!(await users.update(row.id, { status, is_admin: isAdmin ? 1 : 0, plan_id: plan })))
      throw new AppError(AccountErrors.ACCOUNT_NOT_FOUND)
    if (status !== 'active') {
      await codeRepo(tx).expireOf(row.id, 'all', nowMs())
      await sessionRepo(tx).revoke(row.id, 'all', nowMs())
    } else if (!isAdmin) await codeRepo(tx).expireOf(row.id, 'invite', nowMs())
  }

  return {
    /** @param cursor Where the page before it ended. @throws {AppError} ADMIN_ONLY, INVALID_INPUT */
    async list(
      callerId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<{ items: ManagedRow[]; nextCursor: string | null }> {
      const users = userRepo(database.db)
      const caller = await users.find(callerId)
      if (caller?.is_admin !== 1 || caller.status !== 'active') throw new AppError(AccountErrors.ADMIN_ONLY)
      const found = await users.list(limit + 1, cursor === undefined ? undefined : parseCursor(cursor, LIST))
      const items = found.slice(0, limit)
      const last = items.at(-1)
      const more = found.length > limit && last !== undefined
      return { items, nextCursor: more ? toCursor({ createdAt: last.created_at, id: last.id }, LIST) : null }
    },
    /**
     * What it takes away is gone with the answer, in every process.
     *
     * @throws {AppError} ADMIN_ONLY, ACCOUNT_NOT_FOUND, LAST_ADMIN, PLAN_UNKNOWN
     */
    async update(by: Administrator, id: string, wish: AccountWish): Promise<ManagedRow> {
      const row = await inTurn(by.accountId, async (tx, admins) => {
        await apply(tx, await getIn(tx, id), wish, admins)
        await record(tx, by, id, 'account.changed', wish)
        return getIn(tx, id)
      })
      await revocations.announceChange(id)
      return row
    },
    /** @throws {AppError} ADMIN_ONLY, ACCOUNT_NOT_FOUND, OWN_ACCOUNT */
    async remove(by: Administrator, id: string): Promise<void> {
      await inTurn(by.accountId, async (tx, admins) => {
        // A session alone deletes the account of somebody else, but not the one that it came from.
        if (id === by.accountId) throw new AppError(AccountErrors.OWN_ACCOUNT)
        await getIn(tx, id)
        const leaving = { audit, dialect: database.dialect, by, lastOwner: 'hand-over' } as const
        await removeAccount(tx, id, admins, nowMs(), leaving)
        await record(tx, by, id, 'account.deleted')
      })
      await revocations.announceChange(id)
    },
  }
}
