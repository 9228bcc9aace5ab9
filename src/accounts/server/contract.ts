import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { AccountErrors } from '../errors.ts'

const { ADMIN_ONLY } = AccountErrors
const JobErrors = defineErrors({
  JOB_NOT_FOUND: [404, 'There is no such job among those that failed for good.'],
})
export const ServerErrors = { ADMIN_ONLY, ...JobErrors } as const

const count = z.int().min(0)
const moment = z.iso.datetime()

export const ServerFacts = z
  .object({
    version: z.string(),
    started_at: moment.describe('When the process began that answers.'),
    node: z.string(),
    platform: z.string().meta({ example: 'linux x64' }),
    database: z.enum(['sqlite', 'postgres']),
    shared: z.boolean().describe('Whether limits and revocations are shared with other processes through Redis.'),
    roles: z.array(z.string()).describe('What this process does.'),
    public_url: z.string(),
    memory_bytes: count.describe('Of this process.'),
    open_signup: z.boolean(),
    limits: z.record(z.string(), z.number()).describe('The limits that are set, by the name of their setting.'),
  })
  .meta({ id: 'ServerFacts' })
export type ServerFacts = z.infer<typeof ServerFacts>

export const getServer = endpoint({
  method: 'GET',
  path: '/api/server',
  scope: 'any',
  by: ['session'],
  summary: 'What this server is and which limits it has, as an administrator',
  returns: [200, ServerFacts],
  errors: { ADMIN_ONLY },
})

const JobCounts = z
  .object({ name: z.string(), ready: count, delayed: count, running: count, dead: count })
  .meta({ id: 'JobCounts' })

const DeadJob = z
  .object({
    id: z.string(),
    name: z.string(),
    attempts: count,
    error: z.string(),
    created_at: moment,
    died_at: moment,
  })
  .meta({ id: 'DeadJob' })

export const listJobs = endpoint({
  method: 'GET',
  path: '/api/server/jobs',
  scope: 'any',
  by: ['session'],
  summary: 'What waits, runs and has failed in the background, as an administrator',
  description:
    '`dead` are jobs that used up their attempts, the last to die first, at most 200; they are kept 30 days.',
  returns: [200, z.object({ jobs: z.array(JobCounts), dead: z.array(DeadJob) })],
  errors: { ADMIN_ONLY },
})

export const retryJob = endpoint({
  method: 'POST',
  path: '/api/server/jobs/:id/retry',
  scope: 'any',
  by: ['session'],
  summary: 'Give a job that failed for good all its attempts again, as an administrator',
  params: z.object({ id: z.string().max(64) }),
  returns: [200, z.object({ success: z.literal(true) })],
  errors: ServerErrors,
})

export const serverContracts = [getServer, listJobs, retryJob] as const
