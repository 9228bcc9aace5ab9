import { useMutation, useQuery } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import type { File } from '../../../../src/files/files/contract.ts'
import { verifyFile } from '../../../../src/files/storage/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatBytes, formatDate, useLocale } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { refreshFiles } from '../changes.ts'
import { type Entry, nameOf } from '../entry.ts'
import { useTrail } from '../list/breadcrumb.tsx'
import { fileQuery } from '../queries.ts'
import { ShareList } from '../shares/list.tsx'
import { filesTexts } from '../texts.ts'
import { previewTexts } from './texts.ts'

/** Everything that is known of an entry. */
export const DetailsSheet = ({ entry, onClose }: { readonly entry: Entry; readonly onClose: () => void }) => (
  <Dialog title={nameOf(entry)} isOpen onClose={onClose} place="side">
    {entry.kind === 'file' ? <FileDetails file={entry.file} /> : <FolderDetails entry={entry} />}
  </Dialog>
)

const FolderDetails = ({ entry }: { readonly entry: Entry & { kind: 'folder' } }) => {
  const t = previewTexts.use()
  const { folder } = entry
  return (
    <>
      <dl className="facts">
        <Where folder={folder.parent_id} team={folder.team_id} />
        <dt>{t.added}</dt>
        <dd>{formatDate(folder.created_at)}</dd>
        <dt>{t.changed}</dt>
        <dd>{formatDate(folder.updated_at)}</dd>
      </dl>
      <h3>{t.links}</h3>
      <ShareList of={{ folder_id: folder.id }} />
    </>
  )
}

const Where = ({ folder, team }: { readonly folder: string | null; readonly team: string | null }) => {
  const t = previewTexts.use()
  const trail = useTrail(folder, team ?? undefined)
  return (
    <>
      <dt>{t.path}</dt>
      <dd>
        <bdi>{trail.map(({ name }) => name).join(' / ')}</bdi>
      </dd>
    </>
  )
}

const STATES = ['stored', 'replicating', 'healthy', 'degraded', 'lost'] as const

/** Facts of a file: what it is, where its bytes are and how they are, and who can open it by link. */
export const FileDetails = ({ file: given }: { readonly file: File }) => {
  const t = previewTexts.use()
  const words = filesTexts.use()
  const language = useLocale()
  const { data: file = given } = useQuery({ ...fileQuery(given.id), initialData: given, staleTime: 0 })
  const state = STATES.find((name) => name === file.storage.state)
  return (
    <>
      <dl className="facts">
        <dt>{t.size}</dt>
        <dd>
          {formatBytes(file.file_size)} ({file.file_size.toLocaleString(language)})
        </dd>
        <dt>{t.type}</dt>
        <dd>
          {words[file.file_type]}, <code>{file.mime_type}</code>
        </dd>
        <Where folder={file.folder_id} team={file.team_id} />
        <dt>{t.added}</dt>
        <dd>{formatDate(file.created_at)}</dd>
        <dt>{t.changed}</dt>
        <dd>{formatDate(file.updated_at)}</dd>
        <dt>{t.sha256}</dt>
        <dd>
          <code>{file.sha256}</code> <CopyButton text={file.sha256} />
        </dd>
        <dt>{t.backend}</dt>
        <dd>{file.storage.backend}</dd>
        <dt>{t.state}</dt>
        <dd>{state === undefined ? file.storage.state : t[state]}</dd>
        <dt>{t.copies}</dt>
        <dd>{file.storage.replicas}</dd>
        <dt>{t.encrypted}</dt>
        <dd>{file.storage.encrypted ? t.yes : t.no}</dd>
      </dl>
      <Verify id={file.id} />
      <h3>{t.links}</h3>
      <ShareList of={{ file_id: file.id }} />
    </>
  )
}

const Verify = ({ id }: { readonly id: string }) => {
  const t = previewTexts.use()
  // As long as reading takes, from wherever the bytes are.
  const checking = useMutation({
    mutationFn: () => api.call(verifyFile, { params: { id }, timeoutMs: 30 * 60_000 }),
    onSuccess: () => refreshFiles(),
  })
  const copies = checking.data?.chunks.flatMap((chunk) => chunk.copies) ?? []
  const good = copies.filter(({ state }) => state === 'good').length
  return (
    <div className="stack">
      <Button onPress={() => checking.mutate()} isPending={checking.isPending}>
        <ShieldCheck aria-hidden size={18} />
        {t.verify}
      </Button>
      {checking.error !== null && <Notice tone="danger">{messageOf(checking.error)}</Notice>}
      {checking.data !== undefined && (
        <Notice tone={checking.data.ok ? 'ok' : 'danger'}>
          {checking.data.ok ? t.verified : t.notVerified} {copies.length > 0 && t.copyStates(good, copies.length)}
        </Notice>
      )}
    </div>
  )
}
