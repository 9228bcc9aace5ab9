import type { AuditLog } from '../../accounts/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { BlobChange } from './states.ts'

/** Of one content that many files share, so many are told of. */
const MOST_FILES = 100

const ACTIONS: Partial<Record<BlobChange['after'], string>> = { degraded: 'file.degraded', lost: 'file.lost' }

/**
 * Puts into the log of whoever has the file that copies of it went bad, in the transaction that notes it: an owner can
 * see on which day bytes were in danger, also when they are whole again.
 */
export const auditChange = async (tx: Db, audit: Pick<AuditLog, 'append'>, change: BlobChange): Promise<void> => {
  const action = ACTIONS[change.after]
  if (action === undefined || change.before === change.after) return
  const files = await tx
    .selectFrom('files')
    .select(['id', 'account_id', 'name'])
    .where('blob_id', '=', change.blobId)
    .orderBy('id')
    .limit(MOST_FILES)
    .execute()
  for (const { id, account_id, name } of files)
    await audit.append(tx, {
      accountId: account_id,
      actor: 'system',
      action,
      target: id,
      data: { file_name: name, before: change.before },
    })
}
