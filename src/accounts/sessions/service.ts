import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/log.ts'
import { AccountErrors } from '../errors.ts'
import { networkOf } from '../gate/addresses.ts'
import type { Revocations } from '../gate/revocations.ts'
import type { GuessLimits } from '../guess-limits.ts'
import type { Passwords } from '../passwords.ts'
import { type AccountRow, userRepo } from '../users/repo.ts'
import { type SessionRow, sessionRepo } from './repo.ts'
import type { SessionTokens } from './token.ts'

export interface SessionServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly tokens: SessionTokens
  readonly passwords: Passwords
  readonly guesses: GuessLimits
  readonly audit: AuditLog
  readonly revocations: Revocations
}

/** Who is at the other end, for the list of sessions. */
export interface Visitor {
  readonly ip: string
  readonly userAgent: string
}

/** A session that has just begun: its signed token, and how long the browser keeps it. */
export interface StartedSession {
  readonly token: string
  readonly maxAgeSeconds: number
}

export type SessionService = ReturnType<typeof sessionService>

const SHORT_SECONDS = 6 * 3600
const LONG_SECONDS = 30 * 86_400
const KNOWN_ADDRESS_MS = 90 * 86_400_000

export const sessionService = (options: SessionServiceOptions) => {
  const { database, clock, tokens, passwords, guesses, audit, revocations } = options
  const sessions = sessionRepo(database.db)
  const nowMs = (): number => clock.now().getTime()

  const start = async (account: AccountRow, visitor: Visitor, remember: boolean): Promise<StartedSession> => {
    const maxAgeSeconds = remember ? LONG_SECONDS : SHORT_SECONDS
    const id = newId('sess')
    const createdAt = nowMs()
    await database.transaction(async (tx) => {
      await sessionRepo(tx).insert(account.id, {
        id,
        created_at: createdAt,
        expires_at: createdAt + maxAgeSeconds * 1000,
        ip: visitor.ip,
        user_agent: visitor.userAgent.slice(0, 256),
      })
      await audit.append(tx, {
        accountId: account.id,
        actor: `session:${id}`,
        action: 'session.started',
        target: id,
        data: { ip: visitor.ip },
      })
    })
    const iat = Math.floor(createdAt / 1000)
    const token = tokens.issue({ sub: account.id, sid: id, tv: account.token_version, iat, exp: iat + maxAgeSeconds })
    return { token, maxAgeSeconds }
  }

  /** @throws {AppError} SIGN_IN_FAILED, SIGN_IN_LIMITED, PASSWORDS_BUSY */
  const authenticate = async (email: string, password: string, ip: string): Promise<AccountRow> => {
    const guess = await guesses.charge(ip)
    let isUsedUp = false
    try {
      await passwords.enter()
      const account = await userRepo(database.db).findByEmail(email)
      // Asked for unknown addresses too, so that both take the same time.
      const addresses = await sessions.recentAddresses(account?.id ?? '', nowMs() - KNOWN_ADDRESS_MS)
      const isKnown = addresses.some((address) => networkOf(address) === networkOf(ip))
      if (!isKnown) await guess.chargeAccount(email.normalize('NFC').toLowerCase())
      const isRight = await passwords.verify(password, account?.password_hash)
      if (account === undefined || !isRight || account.status !== 'active') {
        isUsedUp = true
        throw new AppError(AccountErrors.SIGN_IN_FAILED)
      }
      return account
    } finally {
      // Also when nobody came to look at the password.
      if (!isUsedUp) await guess.refund()
    }
  }

  return {
    start,
    authenticate,
    /** @throws {AppError} SIGN_IN_FAILED, SIGN_IN_LIMITED, PASSWORDS_BUSY */
    async signIn(
      email: string,
      password: string,
      remember: boolean,
      visitor: Visitor,
    ): Promise<StartedSession & { account: AccountRow }> {
      const account = await authenticate(email, password, visitor.ip)
      return { ...(await start(account, visitor, remember)), account }
    },
    list: (accountId: string): Promise<SessionRow[]> => sessions.list(accountId, nowMs()),
    /** @param id One session, or `all`. @throws {AppError} SESSION_NOT_FOUND */
    async end(accountId: string, actor: string, id: string): Promise<void> {
      const ended = await database.transaction(async (tx) => {
        const ids = await sessionRepo(tx).revoke(accountId, id, nowMs())
        for (const one of ids) await audit.append(tx, { accountId, actor, action: 'session.ended', target: one })
        return ids
      })
      if (ended.length === 0 && id !== 'all') throw new AppError(AccountErrors.SESSION_NOT_FOUND)
      await revocations.announce(ended)
    },
  }
}
