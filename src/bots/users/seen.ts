import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { writeTogether } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { botUserRepo, type Person } from './repo.ts'

/** How exact the last activity is: within it, a person who changed nothing costs no write. */
export const ACTIVITY_STEP_MS = 5 * 60_000
const MAX_KNOWN = 50_000

const TelegramUser = z.object({
  id: z.int(),
  is_bot: z.boolean().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  username: z.string().optional(),
  language_code: z.string().optional(),
})

/** @returns undefined for bots, and for what is no person. */
export const toPerson = (from: unknown): Person | undefined => {
  const user = TelegramUser.safeParse(from).data
  if (user === undefined || user.is_bot === true) return undefined
  return {
    id: user.id,
    username: user.username ?? null,
    firstName: user.first_name ?? '',
    lastName: user.last_name ?? null,
    languageCode: user.language_code ?? null,
  }
}

export type SeenUsers = ReturnType<typeof seenUsers>

/** Keeps the list of a bot's users true to what updates tell, and writes only what is news. */
export const seenUsers = ({ database, clock, log }: { database: Database; clock: Clock; log: Log }) => {
  const write = writeTogether(database)
  /** What was written last, by bot and user. */
  const known = new Map<string, { profile: string; writtenAt: number }>()

  const remember = (key: string, profile: string, writtenAt: number): void => {
    known.delete(key)
    known.set(key, { profile, writtenAt })
    if (known.size <= MAX_KNOWN) return
    const [oldest] = known.keys()
    if (oldest !== undefined) known.delete(oldest)
  }

  return {
    /** Never rejects: a list of users must not cost an update. */
    async saw(accountId: string, botId: string, from: unknown): Promise<void> {
      const person = toPerson(from)
      if (person === undefined) return
      const key = `${botId}:${person.id}`
      const profile = JSON.stringify(person)
      const nowMs = clock.now().getTime()
      const last = known.get(key)
      if (last !== undefined && last.profile === profile && nowMs - last.writtenAt < ACTIVITY_STEP_MS) return
      try {
        await write((tx) => botUserRepo(tx).upsert(accountId, botId, person, nowMs))
        remember(key, profile, nowMs)
      } catch (error) {
        log.warn({ err: error, botId }, 'a user of a bot could not be noted')
      }
    },
    /** Telegram says that somebody has blocked the bot, or lets it write again. Never rejects. */
    async botBlocked(accountId: string, botId: string, userId: number, isBlocked: boolean): Promise<void> {
      known.delete(`${botId}:${userId}`)
      try {
        const atMs = isBlocked ? clock.now().getTime() : null
        await botUserRepo(database.db).markBotBlocked(accountId, botId, userId, atMs)
      } catch (error) {
        log.warn({ err: error, botId }, 'a user who blocked a bot could not be noted')
      }
    },
  }
}
