import { randomInt } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Pepper } from '../api-keys/pepper.ts'
import type { AuditLog } from '../audit/log.ts'
import { AccountErrors } from '../errors.ts'
import type { GuessLimits } from '../guess-limits.ts'
import { codeRepo } from '../one-time-codes.ts'
import { type DeviceRow, deviceRepo } from './repo.ts'

export interface DeviceServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly pepper: Pepper
  readonly guesses: GuessLimits
  readonly audit: AuditLog
}

export type DeviceService = ReturnType<typeof deviceService>

// Without 0, O, 1, I and L: people read codes aloud.
const CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const CODE_LENGTH = 8
const CODE_LIFETIME_MS = 10 * 60_000

export const deviceService = ({ database, clock, pepper, guesses, audit }: DeviceServiceOptions) => {
  const devices = deviceRepo(database.db)
  const nowMs = (): number => clock.now().getTime()
  return {
    async createPairingCode(accountId: string): Promise<{ pairingCode: string; expiresAt: number }> {
      const code = Array.from({ length: CODE_LENGTH }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join('')
      const createdAt = nowMs()
      const hash = pepper.hash(`pairing:${code}`)
      await codeRepo(database.db).insert({
        hash,
        purpose: 'pairing',
        accountId,
        data: '',
        nowMs: createdAt,
        lifetimeMs: CODE_LIFETIME_MS,
      })
      return { pairingCode: code, expiresAt: createdAt + CODE_LIFETIME_MS }
    },
    /** @throws {AppError} CODE_INVALID, DEVICE_ENROLLED, SIGN_IN_LIMITED */
    async enrol(hwid: string, name: string, pairingCode: string, ip: string): Promise<DeviceRow> {
      const guess = await guesses.charge(ip)
      const device = { id: newId('dev'), name, hash: pepper.hash(`hwid:${hwid}`), createdAt: nowMs() }
      await database.transaction(async (tx) => {
        const code = await codeRepo(tx).use(
          pepper.hash(`pairing:${pairingCode.trim().toUpperCase()}`),
          'pairing',
          nowMs(),
        )
        if (code?.accountId == null) throw new AppError(AccountErrors.CODE_INVALID)
        if (!(await deviceRepo(tx).insert(code.accountId, device))) throw new AppError(AccountErrors.DEVICE_ENROLLED)
        await audit.append(tx, {
          accountId: code.accountId,
          actor: `device:${device.id}`,
          action: 'device.enrolled',
          target: device.id,
          data: { name },
        })
      })
      await guess.refund()
      return { id: device.id, name, created_at: device.createdAt, last_used_at: null }
    },
    list: (accountId: string): Promise<DeviceRow[]> => devices.list(accountId),
    /** @throws {AppError} DEVICE_NOT_FOUND */
    async remove(accountId: string, actor: string, id: string): Promise<void> {
      const removed = await database.transaction(async (tx) => {
        const done = await deviceRepo(tx).revoke(accountId, id, nowMs())
        if (done) await audit.append(tx, { accountId, actor, action: 'device.removed', target: id })
        return done
      })
      if (!removed) throw new AppError(AccountErrors.DEVICE_NOT_FOUND)
    },
  }
}
