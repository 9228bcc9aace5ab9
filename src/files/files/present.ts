import type { LiveShare } from '../shares/repo.ts'
import type { File } from './contract.ts'
import type { StoredFile } from './repo.ts'

/** @returns RFC 3339 in UTC, whole seconds, as the published API prints it: `2026-01-15T10:30:00Z`. */
export const toMoment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** A file as callers see it. */
export const toFile = (file: StoredFile, share: LiveShare | undefined, publicUrl: string): File => ({
  id: file.id,
  file_name: file.name,
  file_size: file.size_bytes,
  file_type: file.type,
  created_at: toMoment(file.created_at),
  mime_type: file.mime_type,
  folder_id: file.folder_id,
  team_id: file.team_id,
  // Rows that come from the reader's thread hold plain arrays of bytes.
  sha256: file.sha256.toString('hex'),
  updated_at: toMoment(file.updated_at),
  share: share === undefined ? null : toShare(share, publicUrl),
  storage: {
    backend: file.backend,
    state: file.state,
    replicas: file.replicas,
    encrypted: file.encrypted === 1,
  },
})

const toShare = (share: LiveShare, publicUrl: string): NonNullable<File['share']> => ({
  url: `${publicUrl}/s/${share.token}`,
  expires_at: share.expires_at === null ? null : toMoment(share.expires_at),
  max_downloads: share.max_downloads,
  downloads: share.downloads,
  has_password: share.password_hash !== null,
})
