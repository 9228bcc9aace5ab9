import { toMoment } from '../files/present.ts'
import type { Share } from './contract.ts'
import { type StoredShare, stateOf } from './repo.ts'

const momentOrNull = (ms: number | null): string | null => (ms === null ? null : toMoment(ms))

/** A link as its owner sees it. */
export const toShare = (share: StoredShare, { publicUrl, nowMs }: { publicUrl: string; nowMs: number }): Share => ({
  id: share.id,
  kind: share.kind,
  state: stateOf(share, nowMs),
  url: `${publicUrl}/s/${share.token}`,
  token: share.token,
  name: share.name,
  file_id: share.file_id,
  folder_id: share.folder_id,
  disposition: share.disposition === 'attachment' ? 'attachment' : 'inline',
  has_password: share.password_hash !== null,
  expires_at: momentOrNull(share.expires_at),
  max_downloads: share.max_downloads,
  downloads: share.downloads,
  max_file_bytes: share.max_file_bytes,
  max_files: share.max_files,
  files_received: share.files_received,
  created_at: toMoment(share.created_at),
  disabled_at: momentOrNull(share.disabled_at),
})
