import type { Db } from '../../platform/db/index.ts'
import type { Effect } from './contract.ts'

type Kept = Map<string, { readonly kind: Effect['kind']; readonly name: string; readonly value: unknown }>

/** Everything in a copy of a bot that its code can change. */
export const readKept = async (db: Db): Promise<Kept> => {
  const kept: Kept = new Map()
  const add = (kind: Effect['kind'], name: string, value: unknown): void => {
    kept.set(`${kind}:${name}`, { kind, name, value })
  }
  for (const { scope, owner, name, value } of await db.selectFrom('bot_values').selectAll().execute())
    add('data', placed(scope, owner, name), JSON.parse(value))
  for (const { scope, owner, name, amount } of await db.selectFrom('bot_resources').selectAll().execute())
    add('resource', placed(scope, owner, name), amount)
  for (const { user_id, chat_id, command, options } of await db.selectFrom('bot_waits').selectAll().execute())
    if (command !== null) add('wait', `user ${user_id} in chat ${chat_id}`, { command, options: JSON.parse(options) })
  for (const task of await db.selectFrom('bot_tasks').selectAll().execute()) {
    const { id, state, command, options, params, user_id, chat_id, run_at } = task
    const when = new Date(run_at).toISOString()
    add('timer', id, { state, command, params, options: JSON.parse(options), user_id, chat_id, run_at: when })
  }
  for (const { id, state, source } of await db.selectFrom('bot_broadcasts').selectAll().execute())
    add('broadcast', id, { state, source: JSON.parse(source) })
  for (const { id, command, options, revoked_at } of await db.selectFrom('command_webhooks').selectAll().execute())
    add('webhook', id, { command, options: JSON.parse(options), revoked: revoked_at !== null })
  for (const { bot_id, name, code } of await db
    .selectFrom('commands')
    .selectAll()
    .where('deleted_at', 'is', null)
    .execute())
    add('command', `${bot_id}: ${name}`, code)
  for (const { bot_id, user_id, blocked_at } of await db.selectFrom('bot_users').selectAll().execute())
    if (blocked_at !== null) add('user', `${bot_id}: ${user_id}`, 'blocked')
  for (const { id, status, deleted_at } of await db.selectFrom('bots').selectAll().execute())
    add('bot', id, deleted_at === null ? status : 'deleted')
  return kept
}

const placed = (scope: string, owner: string, name: string): string => {
  if (scope.startsWith('account:')) return `account: ${name}`
  return owner === '' ? `bot: ${name}` : `user ${owner}: ${name}`
}

export const effectsBetween = (before: Kept, after: Kept): Effect[] =>
  [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)]
    const known = now ?? old
    if (known === undefined || JSON.stringify(old?.value) === JSON.stringify(now?.value)) return []
    return [{ kind: known.kind, name: known.name, before: old?.value ?? null, after: now?.value ?? null }]
  })
