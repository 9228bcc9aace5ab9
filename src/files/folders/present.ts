import { toMoment } from '../files/present.ts'
import type { Folder } from './contract.ts'
import type { StoredFolder } from './repo.ts'

/** A folder as callers see it. */
export const toFolder = ({ id, name, parent_id, team_id, created_at, updated_at }: StoredFolder): Folder => ({
  id,
  name,
  parent_id,
  team_id,
  created_at: toMoment(created_at),
  updated_at: toMoment(updated_at),
})
