import { Worker } from 'node:worker_threads'
import type { AppError } from '../errors.ts'
import { inTurns } from '../turns.ts'
import type { Derivation } from './thread.ts'

export interface HashingOptions {
  /** How many hashes run at once; each may take tens of megabytes and a whole core. */
  readonly threads: number
  /** How many may wait for them. */
  readonly waiting: number
  /** What somebody is told who finds the line full. */
  readonly busy: () => AppError
}

export interface Hashing {
  /**
   * The door of those who come with a password, to be passed before anything is looked up for them: one a turn of the
   * event loop, so that a crowd of them comes between the requests of others and not before them.
   *
   * @throws {AppError} what `busy` says
   */
  enter(): Promise<void>
  /** @throws {AppError} what `busy` says */
  derive(wish: Derivation): Promise<Buffer>
}

const IDLE_MS = 10_000
// They pass in a second or so.
const AT_DOOR = 1_000
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 }

/**
 * Slow hashes of passwords, on threads of their own and at a lower priority: a flood of sign-ins must not take the server
 * with it. A thread is started when there is work for it, and ends when nobody has come for a while.
 */
export const hashing = ({ threads, waiting, busy }: HashingOptions): Hashing => {
  const line: (() => void)[] = []
  const idle = new Set<Thread>()
  const door = inTurns(1)
  let atDoor = 0
  let running = 0

  const assertRoom = (): void => {
    if (line.length >= waiting) throw busy()
  }

  const run = async (wish: Derivation): Promise<Buffer> => {
    const [known] = idle
    const thread = known ?? startThread((ended) => idle.delete(ended))
    idle.delete(thread)
    const result = await thread.derive(wish)
    // One that failed has ended.
    idle.add(thread)
    return result
  }

  return {
    async enter() {
      if (atDoor >= AT_DOOR) throw busy()
      atDoor += 1
      await new Promise<void>((go) => door(go))
      atDoor -= 1
      assertRoom()
    },
    async derive(wish) {
      if (running < threads) running += 1
      else {
        assertRoom()
        await new Promise<void>((go) => line.push(go))
      }
      try {
        return await run(wish)
      } finally {
        // The place is handed over: were it free for a moment, a newcomer could take it beside the one who waited.
        const next = line.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}

interface Thread {
  derive(wish: Derivation): Promise<Buffer>
}

/** @param onEnd Called when the thread is of no more use, because it failed or had no work for a while. */
const startThread = (onEnd: (thread: Thread) => void): Thread => {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { resourceLimits: LIMITS })
  let asked: PromiseWithResolvers<Buffer> | undefined
  let ending: NodeJS.Timeout | undefined
  // A Buffer comes out of a message as the array that it is made of.
  worker.on('message', ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    asked?.resolve(Buffer.from(buffer, byteOffset, byteLength)),
  )
  worker.on('error', (error) => asked?.reject(error))
  worker.on('exit', () => {
    onEnd(thread)
    asked?.reject(new Error('A thread that hashes passwords has ended.'))
  })
  const end = (): void => {
    onEnd(thread)
    worker.terminate()
  }
  const thread: Thread = {
    async derive(wish) {
      clearTimeout(ending)
      asked = Promise.withResolvers()
      worker.ref()
      try {
        worker.postMessage(wish)
        return await asked.promise
      } finally {
        worker.unref()
        ending = setTimeout(end, IDLE_MS).unref()
      }
    },
  }
  return thread
}
