import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'

/** A command is due. The attempts are those of a server that is killed again and again, not of a command that fails. */
export const timerJob = defineJob({
  name: 'bots.timer',
  payload: z.object({ taskId: z.string() }),
  attempts: 100,
  leaseMs: 15_000,
  timeoutMs: 10 * 60_000,
  backoff: { baseMs: 500, maxMs: 60_000 },
  concurrency: 16,
})
