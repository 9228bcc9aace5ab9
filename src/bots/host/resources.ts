import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { accountPlace, botPlace, type Place, userPlace } from '../data/places.ts'
import { resourceRepo } from '../data/resources-repo.ts'
import { HostCallError } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { int, number, optional, text } from './parameters.ts'
import { targetUser } from './targets.ts'

const MAX_RANKED = 10_000
const MAX_NAME_CHARS = 256

const scope = text('user, global or account.')
const name = text('Of the resource.')
const owner = optional(text('The user.'))
const internal = (call: string, about: string) =>
  ({ name: `libs.Resources.${call}`, facade: 'internal', returns: 'Any', about, example: '' }) as const

const read = declare({ ...internal('value', 'The amount.'), parameters: { scope, name, owner } })
const add = declare({
  ...internal('add', 'Adds to the amount.'),
  parameters: { scope, name, owner, amount: number('May be negative.') },
})
const set = declare({
  ...internal('set', 'Sets the amount.'),
  parameters: { scope, name, owner, amount: number('The amount.') },
})
const top = declare({
  ...internal('top', 'Who has most.'),
  parameters: { scope, name, limit: optional(int('How many.')) },
})
const clear = declare({
  ...internal('clear', 'Forgets amounts.'),
  parameters: { scope, name: optional(name), owner },
})

export const resourceDeclarations = [read, add, set, top, clear] as const

const placeOf = (context: HostContext, scope: string, owner: string | null): Place => {
  const { accountId, botId } = context
  if (scope === 'global') return botPlace(accountId, botId)
  if (scope === 'account') return accountPlace(accountId)
  return userPlace(accountId, botId, checked(targetUser(context, owner, 'userRes')))
}

const checked = (text: string): string => {
  if (text === '' || text.length > MAX_NAME_CHARS || text.includes('\0') || !text.isWellFormed())
    throw new HostCallError('the name of a resource has 1 to 256 letters', { kind: 'ValueError' })
  return text
}

/** JSON, and the database, know no infinity. */
const finite = (amount: number): number => {
  if (!Number.isFinite(amount)) throw new HostCallError('the amount must be a finite number', { kind: 'ValueError' })
  return amount
}

export const resourceHandlers = ({ db, clock }: { db: Db; clock: Clock }): Handler[] => {
  const repo = resourceRepo(db)
  const nowMs = (): number => clock.now().getTime()
  return [
    handle(read, async (a, c) => repo.value(placeOf(c, a.scope, a.owner), checked(a.name))),
    handle(add, async (a, c) => repo.add(placeOf(c, a.scope, a.owner), checked(a.name), finite(a.amount), nowMs())),
    handle(set, async (a, c) => repo.set(placeOf(c, a.scope, a.owner), checked(a.name), finite(a.amount), nowMs())),
    handle(top, async (a, c) => {
      const place = placeOf(c, a.scope, '0')
      const limit = Math.min(Math.max(1, a.limit ?? MAX_RANKED), MAX_RANKED)
      const ranked = await repo.top(place, checked(a.name), limit)
      return ranked.map(({ owner, amount }) => ({ user: owner, value: amount }))
    }),
    handle(clear, async (a, c) =>
      repo.clear(placeOf(c, a.scope, a.owner ?? '0'), a.name === null ? null : checked(a.name), a.owner),
    ),
  ]
}
