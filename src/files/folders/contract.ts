import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { FileErrors } from '../files/contract.ts'
import { SpaceErrors } from '../space-errors.ts'

export const FolderErrors = defineErrors({
  FOLDER_IN_ITSELF: [409, 'A folder cannot be moved into itself or into a folder that is in it.'],
  FOLDERS_TOO_DEEP: [409, 'Folders can be at most 64 levels deep.'],
})

const moment = z.iso.datetime().describe('UTC, whole seconds.').meta({ example: '2026-01-15T10:30:00Z' })

export const Folder = z.object({
  id: z.string().meta({ example: 'folder_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  name: z.string(),
  parent_id: z.string().nullable().describe('Null at the top.'),
  team_id: z.string().nullable(),
  created_at: moment,
  updated_at: moment,
})
export type Folder = z.infer<typeof Folder>

const Params = z.object({ id: z.string() })
const parent_id = z.string().max(64).nullable().optional().describe('Null, empty or absent: the top.')
const team_id = z.string().max(64).nullable().optional()

const { FILE_EXISTS, FOLDER_EXISTS, FOLDER_NOT_FOUND, OTHER_SPACE } = FileErrors
const { FOLDER_IN_ITSELF, FOLDERS_TOO_DEEP } = FolderErrors
const { TEAM_NOT_FOUND, ROLE_TOO_SMALL } = SpaceErrors

const FoldersQuery = z.object({
  parent_id: z.string().max(64).optional().describe('Folders in this one; empty or absent: those at the top.'),
  team_id: z.string().max(64).optional().describe('Folders of this team instead of your own.'),
  limit: z.coerce
    .number<string | number>('limit must be a whole number of at least 1.')
    .int('limit must be a whole number of at least 1.')
    .min(1, 'limit must be a whole number of at least 1.')
    .transform((value) => Math.min(value, 200))
    .default(200)
    .describe('1 to 200; more counts as 200.'),
  cursor: z.string().max(4000).optional().describe('`next_cursor` of the page before.'),
})
export type FoldersQuery = z.infer<typeof FoldersQuery>

export const listFolders = endpoint({
  method: 'GET',
  path: '/api/v1/folders',
  scope: 'files:read',
  summary: 'List the folders in a folder, by name',
  query: FoldersQuery,
  returns: [200, z.object({ folders: z.array(Folder), next_cursor: z.string().nullable() })],
  errors: { FOLDER_NOT_FOUND, TEAM_NOT_FOUND },
})

export const createFolder = endpoint({
  method: 'POST',
  path: '/api/v1/folders',
  scope: 'folders:manage',
  summary: 'Create a folder',
  body: z.strictObject({ name: z.string(), parent_id, team_id }),
  returns: [201, Folder],
  errors: { FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, FILE_EXISTS, FOLDER_EXISTS, FOLDERS_TOO_DEEP },
})

export const getFolder = endpoint({
  method: 'GET',
  path: '/api/v1/folders/:id',
  scope: 'files:read',
  summary: 'What is known of a folder, and the way to it',
  params: Params,
  returns: [
    200,
    Folder.extend({
      path: z
        .array(Folder.pick({ id: true, name: true }))
        .describe('The folders it is in, the top one first, and itself.'),
    }),
  ],
  errors: { FOLDER_NOT_FOUND },
})

export const updateFolder = endpoint({
  method: 'PATCH',
  path: '/api/v1/folders/:id',
  scope: 'folders:manage',
  summary: 'Rename or move a folder',
  params: Params,
  body: z.strictObject({
    name: z.string().optional(),
    parent_id: z.string().max(64).nullable().optional().describe('Null or empty: the top.'),
  }),
  returns: [200, Folder],
  errors: {
    FOLDER_NOT_FOUND,
    ROLE_TOO_SMALL,
    FILE_EXISTS,
    FOLDER_EXISTS,
    FOLDER_IN_ITSELF,
    FOLDERS_TOO_DEEP,
    OTHER_SPACE,
  },
})

export const folderContracts = [listFolders, createFolder, getFolder, updateFolder] as const
