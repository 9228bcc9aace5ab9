import type { Lease, Leases } from '../../../platform/jobs/index.ts'
import { isDead, parseTag, thisProcess, toTag } from '../../../platform/process-owner.ts'
import type { Lane } from './lane.ts'
import type { TelegramRows } from './rows.ts'

/** What the database keeps of who holds a lane: the process, and the fence of its lease, which is the tag's last part. */
const holderOf = ({ fence }: Pick<Lease, 'fence'>): string => `${toTag(thisProcess())}.${fence}`

const fenceOf = (holder: string): number => Number(holder.slice(holder.lastIndexOf('.') + 1))

export interface TakenLane {
  readonly lease: Lease
  /** Whoever had it before has not given it back. */
  readonly isLeftBehind: boolean
}

/**
 * The leases of lanes, and which processes have them. A lease outlives its process for as long as the process might only
 * be slow; where this machine says that there is no such process any more, nobody waits for that.
 */
export const laneHolders = ({ rows, leases }: { rows: TelegramRows; leases: Leases }) => {
  const nameOf = ({ bot, chatId }: Lane): string => `telegram:${bot.id}:${chatId}`

  const isOfDead = (holder: string): boolean => {
    const owner = parseTag(holder)
    return owner !== undefined && isDead(owner)
  }

  return {
    /** @returns Undefined if somebody else has it who may be alive. */
    async acquire(lane: Lane, leaseMs: number): Promise<TakenLane | undefined> {
      const holder = await rows.holder(lane.bot.id, lane.chatId)
      const isLeftBehind = holder !== null
      const lease = await leases.acquire(nameOf(lane), leaseMs)
      if (lease !== undefined) return { lease, isLeftBehind }
      if (holder === null || !isOfDead(holder)) return undefined
      await rows.endLease(nameOf(lane), fenceOf(holder))
      const freed = await leases.acquire(nameOf(lane), leaseMs)
      return freed && { lease: freed, isLeftBehind }
    },

    async note({ bot, chatId }: Lane, lease: Lease): Promise<void> {
      await rows.setHolder(bot.id, chatId, holderOf(lease))
    },

    async release({ bot, chatId }: Lane, lease: Lease): Promise<void> {
      // A lease that was lost is somebody else's by now.
      if (lease.held()) await rows.setHolder(bot.id, chatId, null)
      await lease.release()
    },
  }
}
