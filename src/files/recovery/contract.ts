import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { StorageErrors } from '../storage/errors.ts'

const { ADMIN_ONLY, BACKEND_UNKNOWN } = StorageErrors

const DriveIndex = z.object({
  files: z.int().min(0),
  size_bytes: z.int().min(0),
  made_at: z.iso.datetime(),
})

export const makeIndex = endpoint({
  method: 'POST',
  path: '/api/v1/storage/index',
  scope: 'any',
  by: ['session'],
  summary: 'Make an index of the drive now and pin it in a Telegram channel, as an administrator',
  description:
    'It is also made by itself, every hour in which something changed. With it `latchkey files restore` works.',
  returns: [201, DriveIndex],
  errors: { ADMIN_ONLY, BACKEND_UNKNOWN },
})

export const getIndex = endpoint({
  method: 'GET',
  path: '/api/v1/storage/index',
  scope: 'any',
  by: ['session'],
  summary: 'The newest index of the drive, as an administrator',
  returns: [200, z.object({ index: DriveIndex.nullable() })],
  errors: { ADMIN_ONLY, BACKEND_UNKNOWN },
})

export const recoveryContracts = [makeIndex, getIndex] as const
