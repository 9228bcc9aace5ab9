import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { FileErrors } from '../files/contract.ts'
import { StorageErrors } from './errors.ts'
import { MoveFilter } from './moves.ts'
import { BackendSettings, PolicyRule } from './policies.ts'

export type { PolicyRule } from './policies.ts'

const { ADMIN_ONLY, BACKEND_UNKNOWN, MOVE_NOT_FOUND, MOVE_ENDED, SAME_BACKEND } = StorageErrors

const count = z.int().min(0)
const moment = z.iso.datetime()

const Lane = z.object({
  bot_id: z.int(),
  chat_id: z.int(),
  state: z
    .enum(['open', 'waiting', 'elsewhere', 'closed'])
    .describe('`elsewhere`: another process sends here, or nobody has had to.'),
  closed_for: z.string().nullable(),
  sent_per_minute: z.number(),
  allowed_per_minute: z.number(),
  flood_waits: count.describe('How often Telegram told it to wait.'),
  next_free_at: moment.nullable().describe('When it may send next; null if it may now.'),
  last_error: z.string().nullable(),
})

const Sending = z
  .object({
    waiting: count,
    oldest_wait_ms: z.number(),
    paused_until: moment.nullable(),
    messages_due: count.describe('Still to be deleted.'),
    messages_abandoned: count.describe('Telegram does not let them be deleted.'),
    strays: count.describe('Objects of ours that belong to nothing; each is deleted a week after it was found.'),
    lanes: z.array(Lane).describe('Each bot in each channel, as this process sees them.'),
  })
  .describe('How sending goes, of a storage that has to wait for its turn.')
export type Sending = z.infer<typeof Sending>

const StorageBackend = z
  .object({
    name: z.string().meta({ example: 's3' }),
    kind: z
      .string()
      .describe('`disk`, `s3`, `telegram`; `unknown` for one that is not set up any more and still has copies.'),
    health: z.object({
      state: z.enum(['ok', 'degraded', 'down']),
      last_error: z.string().nullable(),
      failed_at: moment.nullable(),
    }),
    objects: count,
    bytes: count.describe('As they are stored, without what waits to be deleted.'),
    backlog: z.object({ objects: count, bytes: count }).describe('What is still to be copied there.'),
    capabilities: z
      .object({
        max_object_bytes: count.nullable().describe('Null if only space limits it.'),
        ranged: z.boolean(),
        listable: z.boolean(),
        batch_delete: z.boolean(),
        durable: z.boolean(),
      })
      .nullable(),
    settings: BackendSettings,
    sending: Sending.nullable(),
  })
  .meta({ id: 'StorageBackend' })
export type StorageBackend = z.infer<typeof StorageBackend>

export const getStorage = endpoint({
  method: 'GET',
  path: '/api/v1/storage',
  scope: 'files:read',
  summary: 'Where bytes are kept, how those places are, and what is still to be copied',
  returns: [
    200,
    z.object({
      backends: z.array(StorageBackend),
      default_backend: z.string(),
      files: z
        .object({ replicating: count, degraded: count, lost: count })
        .describe('Contents that are not as they should be.'),
    }),
  ],
})

const params = z.object({ name: z.string().max(64) })

export const updateBackend = endpoint({
  method: 'PATCH',
  path: '/api/v1/storage/backends/:name',
  scope: 'any',
  by: ['session'],
  summary: 'Change how a storage is used from now on, as an administrator',
  params,
  body: BackendSettings.partial(),
  returns: [200, z.object({ name: z.string(), settings: BackendSettings })],
  errors: { ADMIN_ONLY, BACKEND_UNKNOWN },
})

export const testBackend = endpoint({
  method: 'POST',
  path: '/api/v1/storage/backends/:name/test',
  scope: 'any',
  by: ['session'],
  summary: 'Store, read and delete a small object, as an administrator',
  params,
  returns: [200, z.object({ ok: z.boolean(), duration_ms: count, error: z.string().nullable() })],
  errors: { ADMIN_ONLY, BACKEND_UNKNOWN },
})

const Policies = z.object({ policies: z.array(PolicyRule.extend({ id: z.string() })) })

export const listPolicies = endpoint({
  method: 'GET',
  path: '/api/v1/storage/policies',
  scope: 'any',
  by: ['session'],
  summary: 'The rules by which new files are placed, as an administrator',
  returns: [200, Policies],
  errors: { ADMIN_ONLY },
})

export const replacePolicies = endpoint({
  method: 'PUT',
  path: '/api/v1/storage/policies',
  scope: 'any',
  by: ['session'],
  summary: 'Replace the rules by which new files are placed, as an administrator',
  description:
    'The first rule that fits decides; a file that none fits goes to the default storage. Files that are there stay where they are: move them.',
  body: z.strictObject({ policies: z.array(PolicyRule).max(100) }),
  returns: [200, Policies],
  errors: { ADMIN_ONLY, BACKEND_UNKNOWN },
})

export const rotateKeys = endpoint({
  method: 'POST',
  path: '/api/v1/storage/keys/rotate',
  scope: 'any',
  by: ['session'],
  summary: 'Make a new master key and seal the key of every file with it, as an administrator',
  description: 'No byte of a file is encrypted again: only the short keys are.',
  returns: [200, z.object({ rotated: count })],
  errors: { ADMIN_ONLY },
})

const Move = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    filter: MoveFilter,
    state: z.enum(['running', 'paused', 'cancelled', 'done']),
    total: z.object({ contents: count, bytes: count }),
    moved: z.object({ contents: count, bytes: count }),
    created_at: moment,
    updated_at: moment,
  })
  .meta({ id: 'StorageMove' })
export type Move = z.infer<typeof Move>

const moveParams = z.object({ id: z.string().max(64) })

export const startMove = endpoint({
  method: 'POST',
  path: '/api/v1/storage/moves',
  scope: 'any',
  by: ['session'],
  summary: 'Move files from one storage to another while they are used, as an administrator',
  body: z.strictObject({ from: z.string().max(64), to: z.string().max(64), filter: MoveFilter.optional() }),
  returns: [201, Move],
  errors: { ADMIN_ONLY, BACKEND_UNKNOWN, SAME_BACKEND },
})

export const listMoves = endpoint({
  method: 'GET',
  path: '/api/v1/storage/moves',
  scope: 'any',
  by: ['session'],
  summary: 'The last hundred moves, newest first, as an administrator',
  returns: [200, z.object({ moves: z.array(Move) })],
  errors: { ADMIN_ONLY },
})

export const getMove = endpoint({
  method: 'GET',
  path: '/api/v1/storage/moves/:id',
  scope: 'any',
  by: ['session'],
  summary: 'How far a move is, as an administrator',
  params: moveParams,
  returns: [200, Move],
  errors: { ADMIN_ONLY, MOVE_NOT_FOUND },
})

export const changeMove = endpoint({
  method: 'POST',
  path: '/api/v1/storage/moves/:id/:action',
  scope: 'any',
  by: ['session'],
  summary: 'Pause, resume or cancel a move, as an administrator',
  description: 'A cancelled move leaves what has moved where it is, and takes back what is half-way.',
  params: moveParams.extend({ action: z.enum(['pause', 'resume', 'cancel']) }),
  returns: [200, Move],
  errors: { ADMIN_ONLY, MOVE_NOT_FOUND, MOVE_ENDED },
})

export const verifyFile = endpoint({
  method: 'POST',
  path: '/api/v1/files/:id/verify',
  scope: 'files:read',
  summary: 'Read every copy of a file now and say which are right',
  description:
    'What is found out is noted, and bad copies are repaired from good ones. It takes as long as reading does.',
  params: z.object({ id: z.string().max(64) }),
  returns: [
    200,
    z.object({
      ok: z.boolean().describe('True if every byte has a good copy.'),
      state: z.string().describe('Of the file, after what was found out.'),
      chunks: z.array(
        z.object({
          index: count,
          offset: count,
          size: count,
          copies: z.array(
            z.object({ backend: z.string(), state: z.enum(['good', 'damaged', 'missing', 'unavailable']) }),
          ),
        }),
      ),
    }),
  ],
  errors: { FILE_NOT_FOUND: FileErrors.FILE_NOT_FOUND },
})

export const storageContracts = [
  getStorage,
  updateBackend,
  testBackend,
  listPolicies,
  replacePolicies,
  rotateKeys,
  startMove,
  listMoves,
  getMove,
  changeMove,
  verifyFile,
] as const
