import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId, randomBase62 } from '../../platform/ids.ts'
import type { Pepper } from '../api-keys/pepper.ts'
import type { AuditFilter, AuditLog } from '../audit/log.ts'
import { AccountErrors } from '../errors.ts'
import type { Revocations } from '../gate/revocations.ts'
import type { GuessLimits } from '../guess-limits.ts'
import { codeRepo } from '../one-time-codes.ts'
import { isAcceptablePassword, type Passwords } from '../passwords.ts'
import { sessionRepo } from '../sessions/repo.ts'
import type { SessionService, StartedSession, Visitor } from '../sessions/service.ts'
import type { Account } from './contract.ts'
import { removeAccount } from './removal.ts'
import { type AccountRow, userRepo } from './repo.ts'

export interface UserServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly pepper: Pepper
  readonly passwords: Passwords
  readonly guesses: GuessLimits
  readonly sessions: SessionService
  readonly audit: AuditLog
  readonly revocations: Revocations
  readonly openSignup: boolean
}

export type UserService = ReturnType<typeof userService>

const SETUP_LIFETIME_MS = 30 * 60_000
const INVITE_LIFETIME_MS = 7 * 86_400_000
const DEFAULT_PLAN = 'selfhost'

export const toAccount = (row: AccountRow): Account => ({
  id: row.id,
  email: row.email,
  plan: row.plan_id,
  is_admin: row.is_admin === 1,
  created_at: new Date(row.created_at).toISOString(),
})

export const userService = (options: UserServiceOptions) => {
  const { database, clock, pepper, passwords, guesses, sessions, audit, revocations } = options
  const users = userRepo(database.db)
  const nowMs = (): number => clock.now().getTime()

  const draft = async (email: string, password: string, isAdmin: boolean): Promise<AccountRow> => {
    if (!isAcceptablePassword(password)) throw new AppError(AccountErrors.PASSWORD_TOO_COMMON)
    return {
      id: newId('acct'),
      email,
      password_hash: await passwords.hash(password),
      token_version: 1,
      plan_id: DEFAULT_PLAN,
      is_admin: isAdmin ? 1 : 0,
      status: 'active',
      created_at: nowMs(),
    }
  }

  const get = async (id: string): Promise<AccountRow> => {
    const row = await users.find(id)
    if (row === undefined) throw new AppError(AccountErrors.ACCOUNT_NOT_FOUND)
    return row
  }

  /** @throws {AppError} SETUP_DONE, PASSWORD_TOO_COMMON */
  const createOwner = async (email: string, password: string, token: string | undefined): Promise<AccountRow> => {
    const account = await draft(email, password, true)
    await database.transaction(async (tx) => {
      await userRepo(tx).lockFirst(database.dialect)
      if (token !== undefined) {
        const code = await codeRepo(tx).use(pepper.hash(`setup:${token}`), 'setup', nowMs())
        if (code === undefined) throw new AppError(AccountErrors.CODE_INVALID)
      }
      if (!(await userRepo(tx).isEmpty())) throw new AppError(AccountErrors.SETUP_DONE)
      if (!(await userRepo(tx).insert(account))) throw new AppError(AccountErrors.SETUP_DONE)
      await codeRepo(tx).expireAll('setup', nowMs())
      await audit.append(tx, { accountId: account.id, actor: 'setup', action: 'account.created', target: account.id })
    })
    return account
  }

  return {
    get,
    createOwner,
    /**
     * Each process that starts prints a link, and nobody can tell which was the last: all of them work until one has
     * made the first account.
     *
     * @returns A one-time token for the setup link, or undefined when the server has an owner.
     */
    async newSetupToken(): Promise<string | undefined> {
      if (!(await users.isEmpty())) return undefined
      const token = randomBase62(32)
      await codeRepo(database.db).insert({
        hash: pepper.hash(`setup:${token}`),
        purpose: 'setup',
        accountId: null,
        data: '',
        nowMs: nowMs(),
        lifetimeMs: SETUP_LIFETIME_MS,
      })
      return token
    },
    /** @throws {AppError} CODE_INVALID, SETUP_DONE, PASSWORD_TOO_COMMON, SIGN_IN_LIMITED */
    async setUp(
      token: string,
      email: string,
      password: string,
      visitor: Visitor,
    ): Promise<StartedSession & { account: AccountRow }> {
      const guess = await guesses.charge(visitor.ip)
      if (!(await users.isEmpty())) throw new AppError(AccountErrors.SETUP_DONE)
      const account = await createOwner(email, password, token)
      await guess.refund()
      return { ...(await sessions.start(account, visitor, false)), account }
    },
    /**
     * An address that has an account already gets the same answer after the same work, and nothing happens.
     *
     * @throws {AppError} SIGN_UP_CLOSED, CODE_INVALID, PASSWORD_TOO_COMMON, SIGN_IN_LIMITED
     */
    async signUp(email: string, password: string, invite: string | undefined, ip: string): Promise<void> {
      if (invite === undefined && !options.openSignup) throw new AppError(AccountErrors.SIGN_UP_CLOSED)
      await guesses.charge(ip)
      const account = await draft(email, password, false)
      await database.transaction(async (tx) => {
        if (await userRepo(tx).isEmpty()) throw new AppError(AccountErrors.SIGN_UP_CLOSED)
        if (invite !== undefined) {
          const code = await codeRepo(tx).use(pepper.hash(`invite:${invite}`), 'invite', nowMs())
          if (code === undefined) throw new AppError(AccountErrors.CODE_INVALID)
        }
        if (!(await userRepo(tx).insert(account))) return
        await audit.append(tx, {
          accountId: account.id,
          actor: 'sign-up',
          action: 'account.created',
          target: account.id,
        })
      })
    },
    /** @throws {AppError} ADMIN_ONLY */
    async createInvite(accountId: string, actor: string): Promise<{ invite: string; expiresAt: number }> {
      const invite = randomBase62(24)
      const createdAt = nowMs()
      await database.transaction(async (tx) => {
        // In turn with what ends an administrator: an invite is made before that, and ends with it, or not at all.
        const admins = await userRepo(tx).lockAdmins(database.dialect)
        if (!admins.includes(accountId)) throw new AppError(AccountErrors.ADMIN_ONLY)
        const hash = pepper.hash(`invite:${invite}`)
        await codeRepo(tx).insert({
          hash,
          purpose: 'invite',
          accountId,
          data: '',
          nowMs: createdAt,
          lifetimeMs: INVITE_LIFETIME_MS,
        })
        await audit.append(tx, { accountId, actor, action: 'invite.created', target: accountId })
      })
      return { invite, expiresAt: createdAt + INVITE_LIFETIME_MS }
    },
    /** @returns A new session: all that were there have ended. @throws {AppError} SIGN_IN_FAILED, SIGN_IN_LIMITED, PASSWORD_TOO_COMMON */
    async changePassword(
      accountId: string,
      actor: string,
      current: string,
      next: string,
      visitor: Visitor,
    ): Promise<StartedSession> {
      const { email } = await get(accountId)
      await sessions.authenticate(email, current, visitor.ip)
      if (!isAcceptablePassword(next)) throw new AppError(AccountErrors.PASSWORD_TOO_COMMON)
      const hash = await passwords.hash(next)
      await database.transaction(async (tx) => {
        await userRepo(tx).updatePassword(accountId, hash)
        await sessionRepo(tx).revoke(accountId, 'all', nowMs())
        await audit.append(tx, { accountId, actor, action: 'password.changed', target: accountId })
      })
      await revocations.announceChange(accountId)
      return sessions.start(await get(accountId), visitor, false)
    },
    /** @throws {AppError} SIGN_IN_FAILED, SIGN_IN_LIMITED, LAST_ADMIN, LAST_OWNER */
    async remove(accountId: string, actor: string, password: string, ip: string): Promise<void> {
      const { email } = await get(accountId)
      await sessions.authenticate(email, password, ip)
      await database.transaction(async (tx) => {
        const admins = await userRepo(tx).lockAdmins(database.dialect)
        const leaving = { audit, dialect: database.dialect, by: { accountId, actor }, lastOwner: 'refuse' } as const
        await removeAccount(tx, accountId, admins, nowMs(), leaving)
        await audit.append(tx, { accountId, actor, action: 'account.deleted', target: accountId })
      })
      await revocations.announceChange(accountId)
    },
    async auditPage(accountId: string, limit: number, before: number | undefined, filter: AuditFilter = {}) {
      const rows = await audit.list(database.db, accountId, limit, before, filter)
      return {
        entries: rows.map(({ at, data, ...entry }) => ({
          ...entry,
          at: new Date(at).toISOString(),
          data: JSON.parse(data),
        })),
        next_before: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null,
      }
    },
  }
}
