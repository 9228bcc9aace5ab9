import { useQuery } from '@tanstack/react-query'
import { messageOf } from '../../api.ts'
import { useAccount } from '../../app/session.ts'
import { formatBytes } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { FilesFrame } from '../frame.tsx'
import { storageQuery, usageQuery } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { Backend } from './backend.tsx'
import { Moves } from './moves.tsx'
import { Rules } from './rules.tsx'
import { storageTexts } from './texts.ts'
import './storage.css'

const LIVE_MS = 5_000

/** Where bytes are kept, how those places are, and by which rules files get there. */
export const StoragePage = () => {
  const t = storageTexts.use()
  const words = filesTexts.use()
  const account = useAccount()
  const found = useQuery({ ...storageQuery, refetchInterval: LIVE_MS })
  const storage = found.data
  const total = storage?.backends.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
  return (
    <FilesFrame head={<h1>{words.storage}</h1>}>
      <div className="files-page storage">
        <Usage />
        {found.error !== null && (
          <Empty
            title={t.failed}
            text={messageOf(found.error)}
            action={<Button onPress={() => found.refetch()}>{t.again}</Button>}
          />
        )}
        {storage !== undefined && (
          <>
            {storage.files.lost > 0 && <Notice tone="danger">{t.lost(storage.files.lost)}</Notice>}
            {storage.files.degraded > 0 && <Notice tone="warn">{t.fewer(storage.files.degraded)}</Notice>}
            {storage.files.replicating > 0 && <Notice>{t.replicating(storage.files.replicating)}</Notice>}
            <section className="stack">
              <h2>{t.backends}</h2>
              <ul className="backends">
                {storage.backends.map((backend) => (
                  <Backend
                    key={backend.name}
                    backend={backend}
                    total={total}
                    isDefault={backend.name === storage.default_backend}
                    isAdmin={account?.is_admin ?? false}
                  />
                ))}
              </ul>
              {account?.is_admin && <p className="shares-none">{t.added}</p>}
            </section>
            {account?.is_admin && (
              <>
                <Rules backends={storage.backends.map(({ name }) => name)} />
                <Moves backends={storage.backends.map(({ name }) => name)} />
              </>
            )}
          </>
        )}
      </div>
    </FilesFrame>
  )
}

const Usage = () => {
  const t = storageTexts.use()
  const usage = useQuery(usageQuery).data
  if (usage === undefined) return null
  const { used_bytes, max_bytes, trash_bytes, files } = usage
  const used = formatBytes(used_bytes)
  return (
    <section className="stack">
      <p className="storage-used">
        <strong>{max_bytes === null ? t.used(used) : t.usedOf(used, formatBytes(max_bytes))}</strong>
        <span>{t.files(files)}</span>
        {trash_bytes > 0 && <span>{t.inTrash(formatBytes(trash_bytes))}</span>}
      </p>
      {max_bytes !== null && max_bytes > 0 && (
        <Progress label={t.usedOf(used, formatBytes(max_bytes))} value={Math.min(1, used_bytes / max_bytes)} />
      )}
    </section>
  )
}
