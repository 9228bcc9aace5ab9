import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, SNAPSHOT_NOT_FOUND, SNAPSHOT_LIMIT_REACHED, COMMAND_LIMIT_REACHED } = BotErrors

const SnapshotPath = BotPath.extend({ snapshotid: z.string().max(64) })

const Snapshot = z.object({
  id: z.string(),
  name: z.string(),
  commands: z.int().describe('How many there are in it.'),
  created_at: z.iso.datetime(),
  created_by: z.string(),
})

export const listSnapshots = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/snapshots',
  scope: 'bots:read',
  summary: 'List the snapshots of a bot, newest first',
  params: BotPath,
  returns: [200, ok(z.array(Snapshot))],
  errors: { BOT_NOT_FOUND },
})

export const createSnapshot = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/snapshots',
  scope: 'bots:write',
  summary: 'Keep all commands of a bot as they are now, under a name',
  params: BotPath,
  body: z.object({ name: z.string('name is required').trim().min(1).max(64) }),
  returns: [200, ok(Snapshot)],
  errors: { BOT_NOT_FOUND, SNAPSHOT_LIMIT_REACHED },
})

export const restoreSnapshot = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/snapshots/:snapshotid/restore',
  scope: 'bots:write',
  summary: 'Give a bot all commands of a snapshot again, at once',
  description: 'Commands that are not in it go to the trash.',
  params: SnapshotPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, SNAPSHOT_NOT_FOUND, COMMAND_LIMIT_REACHED },
})

export const deleteSnapshot = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/snapshots/:snapshotid',
  scope: 'bots:write',
  summary: 'Delete a snapshot',
  params: SnapshotPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, SNAPSHOT_NOT_FOUND },
})

export const snapshotContracts = [listSnapshots, createSnapshot, restoreSnapshot, deleteSnapshot] as const
