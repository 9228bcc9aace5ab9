import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'

/** Sends until it is over, in turns of some minutes. The attempts are those of a server that is killed meanwhile. */
export const broadcastJob = defineJob({
  name: 'bots.broadcast',
  payload: z.object({ broadcastId: z.string() }),
  attempts: 10_000,
  leaseMs: 15_000,
  timeoutMs: 15 * 60_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
  concurrency: 100,
})

/** Tells the owner's server that it is over. */
export const callbackJob = defineJob({
  name: 'bots.broadcast-callback',
  payload: z.object({ broadcastId: z.string() }),
  attempts: 8,
  timeoutMs: 60_000,
  backoff: { baseMs: 2_000, maxMs: 15 * 60_000 },
  concurrency: 4,
})
