import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'

const count = z.int().min(0)

export const Stats = z.object({
  totalFiles: count,
  totalSizeBytes: count,
  totalSizeFormatted: z.string().describe('In units of 1024, with one decimal.').meta({ example: '5.0 GB' }),
  totalDownloads: count.describe('One for each download that began at the first byte, by key, session or share link.'),
  activeShareLinks: count,
})
export type Stats = z.infer<typeof Stats>

export const getStats = endpoint({
  method: 'GET',
  path: '/api/v1/stats',
  scope: 'any',
  summary: 'How many files there are, how large, and how often they were downloaded',
  returns: [200, Stats],
})
