import { setTimeout as sleep } from 'node:timers/promises'

/** How fast bytes move, in bytes per second of our clock; null stands for as fast as they can. */
export interface LinkSpeed {
  /** From a client to the server. */
  upload: number | null
  /** From the server to a client. */
  download: number | null
  /**
   * Between the server and Telegram behind it: an upload is not a message, and `getFile` does not answer, before the
   * whole file has passed.
   */
  backbone: number | null
}

const FULL: LinkSpeed = { upload: null, download: null, backbone: null }

/** A shorter wait than this costs more than it takes. */
const MIN_WAIT_MS = 1

export type Link = ReturnType<typeof link>

export const link = () => {
  const speed = { ...FULL }
  return {
    setSpeed: (change: Partial<LinkSpeed>): void => void Object.assign(speed, change),
    /** Waits as long as so many bytes take. */
    async pass(way: keyof LinkSpeed, sizeBytes: number, signal?: AbortSignal): Promise<void> {
      const perSecond = speed[way]
      if (perSecond === null) return
      // A client that has gone must not keep the process alive.
      await sleep(Math.max(MIN_WAIT_MS, (sizeBytes / perSecond) * 1000), undefined, { signal, ref: false })
    },
    isSlow: (way: keyof LinkSpeed): boolean => speed[way] !== null,
  }
}
