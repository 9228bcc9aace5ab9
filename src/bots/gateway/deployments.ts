import type { Database } from '../../platform/db/index.ts'
import { botRepo } from '../bots/repo.ts'
import { commandRepo, parseAliases } from '../commands/repo.ts'
import type { Json } from '../sandbox/index.ts'
import type { BotSettings } from '../settings/contract.ts'
import { DEFAULT_SETTINGS, mayRun, parseSettings } from '../settings/settings.ts'
import { botUserRepo } from '../users/repo.ts'
import { parseEnv } from './env.ts'
import type { Candidates } from './matcher.ts'

export interface LiveCommand {
  readonly name: string
  readonly code: string
  readonly adminOnly: boolean
}

/** A bot's live code, and what it is told to do with it. */
export interface Deployment {
  readonly revision: number
  readonly commands: ReadonlyMap<string, LiveCommand>
  readonly aliases: ReadonlyMap<string, LiveCommand>
  readonly settings: BotSettings
  /** Users whom the owner has blocked. */
  readonly blocked: ReadonlySet<number>
  /** The globals that `.env` defines. */
  readonly env: { readonly [name: string]: Json }
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
    const bot = await botRepo(database.db).find(accountId, botId)
    const rows = await commandRepo(database.db).list(accountId, botId)
    const blocked = await botUserRepo(database.db).listBlockedIds(accountId, botId)
    const commands = new Map<string, LiveCommand>()
    const aliases = new Map<string, LiveCommand>()
    for (const { name, code, admin_only, aliases: others } of rows) {
      const command = { name, code, adminOnly: admin_only === 1 }
      commands.set(name, command)
      for (const alias of parseAliases(others)) if (!aliases.has(alias)) aliases.set(alias, command)
    }
    const deployment = {
      revision: bot?.revision ?? 0,
      commands,
      aliases,
      settings: bot === undefined ? DEFAULT_SETTINGS : parseSettings(bot.settings),
      blocked: new Set(blocked),
      env: parseEnv(commands.get('.env')?.code ?? ''),
    }
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
    /** @returns What was loaded last, current or not; undefined where nothing was, or it is known to have changed. */
    last: (botId: string): Deployment | undefined => known.get(botId),
    forget(botId: string): void {
      changes += 1
      known.delete(botId)
    },
  }
}

/** The commands that a person may start by writing, pressing and so on. */
export const candidatesFor = (
  { commands, aliases, settings }: Deployment,
  userId: number | null,
): Candidates<LiveCommand> => {
  const allowed = (command: LiveCommand | undefined): LiveCommand | undefined =>
    command !== undefined && mayRun(settings, command, userId) ? command : undefined
  return { get: (name) => allowed(commands.get(name)), byAlias: (alias) => allowed(aliases.get(alias)) }
}
