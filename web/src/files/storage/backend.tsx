import { useMutation } from '@tanstack/react-query'
import { Cloud, HardDrive, Send } from 'lucide-react'
import { useState } from 'react'
import { type StorageBackend, testBackend } from '../../../../src/files/storage/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatAgo, formatBytes } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { formatSpan } from '../uploads/format.ts'
import { floodWait } from '../uploads/progress.ts'
import { SettingsDialog } from './settings-dialog.tsx'
import { storageTexts } from './texts.ts'

const ICONS: Readonly<Record<string, typeof Cloud>> = { disk: HardDrive, s3: Cloud, telegram: Send }

/** A storage: how it is, what it holds, and for what it waits. */
export const Backend = ({
  backend,
  total,
  isDefault,
  isAdmin,
}: {
  readonly backend: StorageBackend
  /** Bytes of all storages. */
  readonly total: number
  readonly isDefault: boolean
  readonly isAdmin: boolean
}) => {
  const t = storageTexts.use()
  const [isSetting, setIsSetting] = useState(false)
  const { name, kind, health, objects, bytes, backlog } = backend
  const Icon = ICONS[kind] ?? HardDrive
  return (
    <li className="backend">
      <div className="backend-head">
        <Icon aria-hidden size={20} strokeWidth={1.75} />
        <h3>{name}</h3>
        <span className="chip" data-health={health.state}>
          {t[health.state]}
        </span>
        {isDefault && (
          <span className="chip" data-area="files">
            {t.isDefault}
          </span>
        )}
      </div>
      <p>
        {formatBytes(bytes)} · {t.objects(objects)}
      </p>
      {total > 0 && <Progress label={t.share(name)} value={bytes / total} />}
      {backlog.objects > 0 && <p>{t.backlog(backlog.objects, formatBytes(backlog.bytes))}</p>}
      <Sending backend={backend} />
      {health.last_error !== null && health.state !== 'ok' && (
        <Notice tone={health.state === 'down' ? 'danger' : 'warn'}>
          {t.lastError(health.last_error)} {health.failed_at !== null && `(${formatAgo(health.failed_at)})`}
        </Notice>
      )}
      {isAdmin && (
        <div className="backend-verbs">
          <Test name={name} />
          <Button tone="quiet" onPress={() => setIsSetting(true)}>
            {t.settings}
          </Button>
        </div>
      )}
      {isSetting && <SettingsDialog backend={backend} onClose={() => setIsSetting(false)} />}
    </li>
  )
}

const Sending = ({ backend }: { readonly backend: StorageBackend }) => {
  const t = storageTexts.use()
  const { sending } = backend
  if (sending === null) return null
  const now = Date.now()
  const wait = floodWait([backend], now)
  const isOpen = ({ state }: { readonly state: string }): boolean => state !== 'closed'
  return (
    <p>
      {t.lanes(sending.lanes.filter(isOpen).length, sending.lanes.length)}
      {wait !== undefined && ` · ${t.waiting(formatSpan((wait.until - now) / 1000))}`}
    </p>
  )
}

const Test = ({ name }: { readonly name: string }) => {
  const t = storageTexts.use()
  const testing = useMutation({
    mutationFn: () => api.call(testBackend, { params: { name }, timeoutMs: 120_000 }),
  })
  const { data, error } = testing
  return (
    <>
      <Button onPress={() => testing.mutate()} isPending={testing.isPending}>
        {t.test}
      </Button>
      {error !== null && <Notice tone="danger">{messageOf(error)}</Notice>}
      {data !== undefined && (
        <Notice tone={data.ok ? 'ok' : 'danger'}>
          {data.ok ? t.tested(data.duration_ms) : t.testFailed(data.error ?? '')}
        </Notice>
      )}
    </>
  )
}
