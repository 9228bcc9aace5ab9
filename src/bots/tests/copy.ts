import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { BotRow } from '../bots/repo.ts'
import { TestErrors } from './contract.ts'

export interface CopyWish {
  readonly data: 'empty' | 'live'
  readonly maxBytes: number
  /** Of the copy on its own simulator. */
  readonly tokenSealed: Buffer
  readonly nowMs: number
}

const BATCH = 100

/** Puts a bot, its commands and, where wished, what it keeps into an empty database. @throws {AppError} TEST_DATA_TOO_LARGE */
export const copyBot = async (from: Db, { db }: Database, bot: BotRow, wish: CopyWish): Promise<void> => {
  await putAccount(db, bot.account_id, wish.nowMs)
  const row = await from.selectFrom('bots').selectAll().where('id', '=', bot.id).executeTakeFirstOrThrow()
  await db
    .insertInto('bots')
    .values({
      ...row,
      token_sealed: wish.tokenSealed,
      telegram_id: bot.telegram_id || 1,
      username: bot.username || 'test_bot',
      simulated: 1,
      status: 'working',
      needs_token: 0,
      problem: null,
      next_update_id: null,
    })
    .execute()
  const commands = await from
    .selectFrom('commands')
    .selectAll()
    .where('bot_id', '=', bot.id)
    .where('deleted_at', 'is', null)
    .execute()
  for (const batch of batches(commands)) await db.insertInto('commands').values(batch).execute()
  const secrets = await from.selectFrom('bot_secrets').selectAll().where('bot_id', '=', bot.id).execute()
  for (const batch of batches(secrets)) await db.insertInto('bot_secrets').values(batch).execute()
  if (wish.data === 'live') await copyData(from, db, bot, wish.maxBytes)
}

const copyData = async (from: Db, to: Db, { id, account_id: accountId }: BotRow, maxBytes: number): Promise<void> => {
  const scopes = [`bot:${id}`, `account:${accountId}`]
  const kept = await from
    .selectFrom('bot_values')
    .select((eb) => eb.fn.sum<number | null>('size_bytes').as('bytes'))
    .where('account_id', '=', accountId)
    .where('scope', 'in', scopes)
    .executeTakeFirstOrThrow()
  if (Number(kept.bytes ?? 0) > maxBytes) throw new AppError(TestErrors.TEST_DATA_TOO_LARGE)
  const ofAccount = { accountId, scopes }
  const values = await from
    .selectFrom('bot_values')
    .selectAll()
    .where('account_id', '=', ofAccount.accountId)
    .where('scope', 'in', scopes)
    .execute()
  for (const batch of batches(values)) await to.insertInto('bot_values').values(batch).execute()
  const resources = await from
    .selectFrom('bot_resources')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('scope', 'in', scopes)
    .execute()
  for (const batch of batches(resources)) await to.insertInto('bot_resources').values(batch).execute()
  const waits = await from.selectFrom('bot_waits').selectAll().where('bot_id', '=', id).execute()
  for (const batch of batches(waits)) await to.insertInto('bot_waits').values(batch).execute()
  const blocked = await from
    .selectFrom('bot_users')
    .selectAll()
    .where('bot_id', '=', id)
    .where('blocked_at', 'is not', null)
    .execute()
  for (const batch of batches(blocked)) await to.insertInto('bot_users').values(batch).execute()
}

/** Whoever owns the copy; nobody can sign in there. */
const putAccount = async (db: Db, accountId: string, nowMs: number): Promise<void> => {
  const plan = await db.selectFrom('plans').select('id').limit(1).executeTakeFirstOrThrow()
  await db
    .insertInto('accounts')
    .values({
      id: accountId,
      email: 'copy@localhost',
      email_key: 'copy@localhost',
      password_hash: '',
      token_version: 1,
      plan_id: plan.id,
      is_admin: 0,
      status: 'active',
      created_at: nowMs,
    })
    .execute()
}

const batches = function* <T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += BATCH) yield rows.slice(at, at + BATCH)
}
