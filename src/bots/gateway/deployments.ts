import type { Database } from '../../platform/db/index.ts'
import { botRepo } from '../bots/repo.ts'
import { commandRepo } from '../commands/repo.ts'

/** A bot's live code. */
export interface Deployment {
  readonly revision: number
  readonly commands: ReadonlyMap<string, { readonly name: string; readonly code: string; readonly adminOnly: boolean }>
}

export type Deployments = ReturnType<typeof deployments>

/**
 * The commands of the bots that run here, kept in memory. A change made in this process is seen at once; on PostgreSQL,
 * where another process may have made it, the bot's revision is asked for.
 */
export const deployments = (database: Database) => {
  const known = new Map<string, Deployment>()
  let changes = 0

  const load = async (accountId: string, botId: string): Promise<Deployment> => {
    // The revision first: a change in between is then loaded again, not missed.
    const changesBefore = changes
    const revision = (await botRepo(database.db).revisionOf(accountId, botId)) ?? 0
    const rows = await commandRepo(database.db).list(accountId, botId)
    const commands = new Map(
      rows.map(({ name, code, admin_only }) => [name, { name, code, adminOnly: admin_only === 1 }]),
    )
    const deployment = { revision, commands }
    // What was changed while it was read may be in it or not: it serves once, and is read again.
    if (changes === changesBefore) known.set(botId, deployment)
    return deployment
  }

  return {
    /** @returns What is in memory and known to be current, or undefined. */
    current: (botId: string): Deployment | undefined => (database.dialect === 'sqlite' ? known.get(botId) : undefined),
    async get(accountId: string, botId: string): Promise<Deployment> {
      const deployment = known.get(botId)
      if (deployment === undefined) return load(accountId, botId)
      if (database.dialect === 'sqlite') return deployment
      const revision = await botRepo(database.db).revisionOf(accountId, botId)
      return revision === deployment.revision ? deployment : load(accountId, botId)
    },
    forget(botId: string): void {
      changes += 1
      known.delete(botId)
    },
  }
}
