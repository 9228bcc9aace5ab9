import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import type { Json } from '../sandbox/index.ts'
import type { Wait } from './contract.ts'
import { type WaitPlace, type WaitRow, waitRepo } from './repo.ts'

/** What a message is the answer to. */
export interface Awaited {
  readonly command: string
  readonly options: Json
  /** False while somebody has only looked; true when an earlier attempt at the same update has taken it. */
  readonly claimed: boolean
  readonly cancelAtCommand: boolean
}

export interface WaitRequest {
  readonly command: string
  readonly options: Json
  readonly cancelAtCommand: boolean
  /** The update whose run waits; null where no update is behind it. */
  readonly setByUpdate: number | null
  /** Null: for ever. */
  readonly expiresInMs: number | null
}

export type WaitService = ReturnType<typeof waitService>

const MAX_LISTED = 1_000

const toWait = (row: WaitRow): Wait => ({
  user_id: row.user_id,
  chat_id: row.chat_id,
  command: row.command ?? '',
  options: JSON.parse(row.options),
  cancel_at_command: row.cancel_at_command === 1,
  created_at: new Date(row.created_at).toISOString(),
  expires_at: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
})

/** Answers that bots wait for, by bot, person and chat. They stand until a message ends them, whatever restarts. */
export const waitService = ({ db, clock }: { db: Db; clock: Clock }) => {
  const repo = waitRepo(db)
  const nowMs = (): number => clock.now().getTime()

  return {
    set(place: WaitPlace, { options, expiresInMs, ...wait }: WaitRequest): Promise<void> {
      const expiresAt = expiresInMs === null ? null : nowMs() + expiresInMs
      return repo.put(place, { ...wait, options: JSON.stringify(options), expiresAt }, nowMs())
    },
    /** @returns What the message of an update answers; undefined when nothing is waited for. */
    async awaited(place: WaitPlace, updateId: number): Promise<Awaited | undefined> {
      const row = await repo.find(place)
      if (row === undefined) return undefined
      const cancelAtCommand = row.cancel_at_command === 1
      if (row.claimed_by_update === updateId && row.claimed_command !== null) {
        const options: Json = JSON.parse(row.claimed_options ?? 'null')
        return { command: row.claimed_command, options, claimed: true, cancelAtCommand }
      }
      const isOver = row.expires_at !== null && row.expires_at <= nowMs()
      // What this very update waited for, in an attempt that a crash cut off, it cannot answer itself.
      if (row.command === null || isOver || row.set_by_update === updateId) return undefined
      return { command: row.command, options: JSON.parse(row.options), claimed: false, cancelAtCommand }
    },
    /** The update answers it: nobody else does, also after a crash. */
    async claim(place: WaitPlace, updateId: number): Promise<void> {
      const row = await repo.find(place)
      if (row !== undefined) await repo.claim(place, updateId, row)
    },
    /** @param tx The transaction that records the run of the update. */
    settle: (tx: Db, place: WaitPlace): Promise<void> => waitRepo(tx).settle(place),
    /** @returns How many were waited for. */
    clear: (accountId: string, botId: string, where?: { userId?: number; chatId?: number }): Promise<number> =>
      repo.clear(accountId, botId, where),
    async list(
      accountId: string,
      botId: string,
      where: { userId?: number | undefined; chatId?: number | undefined },
    ): Promise<Wait[]> {
      return (await repo.list(accountId, botId, where, nowMs(), MAX_LISTED)).map(toWait)
    },
    forgetExpired: (): Promise<void> => repo.deleteExpired(nowMs()),
  }
}
