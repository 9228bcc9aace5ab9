import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { File, FileErrors } from '../files/contract.ts'
import { Folder } from '../folders/contract.ts'
import { SpaceErrors } from '../space-errors.ts'

export const TrashErrors = defineErrors({
  TRASH_NOT_FOUND: [404, 'There is no such thing in the trash.'],
  TRASHED_WITH_FOLDER: [409, 'This folder went to the trash with another one. Restore that one.'],
})

const moment = z.iso.datetime().describe('UTC, whole seconds.').meta({ example: '2026-01-15T10:30:00Z' })
const count = z.int().min(0)

export const TrashItem = z.object({
  id: z.string().describe('Of the file or folder.').meta({ example: 'file_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  kind: z.enum(['file', 'folder']),
  name: z.string(),
  team_id: z.string().nullable(),
  files: count.describe('How many files this is, with those in the folder.'),
  folders: count.describe('How many folders this is.'),
  size_bytes: count,
  trashed_at: moment,
  purged_after: moment.describe('When it is deleted for good.'),
})
export type TrashItem = z.infer<typeof TrashItem>

const team_id = z.string().max(64).optional().describe('The trash of this team instead of your own.')

const TrashQuery = z.object({
  team_id,
  limit: z.coerce
    .number<string | number>('limit must be a whole number of at least 1.')
    .int('limit must be a whole number of at least 1.')
    .min(1, 'limit must be a whole number of at least 1.')
    .transform((value) => Math.min(value, 200))
    .default(50)
    .describe('1 to 200; more counts as 200.'),
  cursor: z.string().max(4000).optional().describe('`next_cursor` of the page before.'),
})
export type TrashQuery = z.infer<typeof TrashQuery>

export const TrashPage = z.object({
  items: z.array(TrashItem),
  next_cursor: z.string().nullable(),
})
export type TrashPage = z.infer<typeof TrashPage>

export const Purged = z.object({
  success: z.literal(true),
  files: count,
  folders: count,
  size_bytes: count,
})
export type Purged = z.infer<typeof Purged>

const Params = z.object({ id: z.string() })
const { FILE_NOT_FOUND, FOLDER_NOT_FOUND } = FileErrors
const { TEAM_NOT_FOUND, ROLE_TOO_SMALL } = SpaceErrors
const { TRASH_NOT_FOUND, TRASHED_WITH_FOLDER } = TrashErrors

export const trashFile = endpoint({
  method: 'POST',
  path: '/api/v1/files/:id/trash',
  scope: 'files:delete',
  summary: 'Put a file into the trash',
  description: 'Its share links do not work while it is there, and work again when it is restored.',
  params: Params,
  returns: [200, TrashItem],
  errors: { FILE_NOT_FOUND, ROLE_TOO_SMALL },
})

export const restoreFile = endpoint({
  method: 'POST',
  path: '/api/v1/files/:id/restore',
  scope: 'files:delete',
  summary: 'Take a file out of the trash',
  description: 'It goes where it was, or to the top if that place is gone. A name that is taken gets a number.',
  params: Params,
  returns: [200, File],
  errors: { FILE_NOT_FOUND, ROLE_TOO_SMALL },
})

export const trashFolder = endpoint({
  method: 'DELETE',
  path: '/api/v1/folders/:id',
  scope: 'folders:manage',
  summary: 'Put a folder and everything in it into the trash',
  params: Params,
  returns: [200, TrashItem],
  errors: { FOLDER_NOT_FOUND, ROLE_TOO_SMALL },
})

export const restoreFolder = endpoint({
  method: 'POST',
  path: '/api/v1/folders/:id/restore',
  scope: 'folders:manage',
  summary: 'Take a folder out of the trash, with everything that went there with it',
  description: 'It goes where it was, or to the top if that place is gone. A name that is taken gets a number.',
  params: Params,
  returns: [200, Folder],
  errors: { FOLDER_NOT_FOUND, ROLE_TOO_SMALL, TRASHED_WITH_FOLDER },
})

export const listTrash = endpoint({
  method: 'GET',
  path: '/api/v1/trash',
  scope: 'files:read',
  summary: 'What is in the trash, the newest first',
  query: TrashQuery,
  returns: [200, TrashPage],
  errors: { TEAM_NOT_FOUND },
})

export const purgeTrashItem = endpoint({
  method: 'DELETE',
  path: '/api/v1/trash/:id',
  scope: 'files:delete',
  summary: 'Delete one thing in the trash for good',
  params: Params,
  returns: [200, Purged],
  errors: { TRASH_NOT_FOUND, ROLE_TOO_SMALL },
})

export const purgeTrash = endpoint({
  method: 'DELETE',
  path: '/api/v1/trash',
  scope: 'files:delete',
  summary: 'Delete everything in the trash for good',
  query: z.object({ team_id }),
  returns: [200, Purged],
  errors: { TEAM_NOT_FOUND, ROLE_TOO_SMALL },
})

export const trashContracts = [
  trashFile,
  restoreFile,
  trashFolder,
  restoreFolder,
  listTrash,
  purgeTrashItem,
  purgeTrash,
] as const
