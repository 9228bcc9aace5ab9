import { mediaTypeOf } from '../files/media-type.ts'
import { toMoment } from '../files/present.ts'
import type { Draft } from '../files/uploads.ts'
import type { Upload } from './contract.ts'
import type { UploadRow } from './repo.ts'

export const UPLOADS_PATH = '/api/v1/files/uploads'

/** What the bytes of an upload are to become. */
export const toDraft = (
  row: Pick<UploadRow, 'name' | 'media_type' | 'folder_id' | 'team_id' | 'on_conflict'>,
): Draft => ({
  name: row.name,
  mediaType: mediaTypeOf(row.media_type, row.name),
  folderId: row.folder_id ?? undefined,
  teamId: row.team_id ?? undefined,
  onConflict: row.on_conflict,
})

/** Whether all bytes of it are there. */
export const isComplete = ({ size_bytes, offset_bytes }: UploadRow): boolean => size_bytes === offset_bytes

/** An upload as callers see it. */
export const toUpload = (row: UploadRow): Upload => ({
  id: row.id,
  url: `${UPLOADS_PATH}/${row.id}`,
  state: row.state,
  file_name: row.name,
  file_size: row.size_bytes,
  received: row.offset_bytes,
  mime_type: mediaTypeOf(row.media_type, row.name),
  folder_id: row.folder_id,
  team_id: row.team_id,
  partial: row.kind === 'partial',
  file_id: row.file_id,
  created_at: toMoment(row.created_at),
  expires_at: toMoment(row.expires_at),
})
