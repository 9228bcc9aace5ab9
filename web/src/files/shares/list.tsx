import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { LockKeyhole } from 'lucide-react'
import { useRef } from 'react'
import { disableShare, type Share } from '../../../../src/files/shares/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatDate } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { refreshFiles } from '../changes.ts'
import { fileQuery, folderQuery, sharesQuery } from '../queries.ts'
import { shareTexts } from './texts.ts'

type Of = Parameters<typeof sharesQuery>[0]

/** Links, each with what it is, how often it was used, and a way to end it. */
export const ShareList = ({ of, hasNames = false }: { readonly of: Of; readonly hasNames?: boolean }) => {
  const t = shareTexts.use()
  const found = useInfiniteQuery(sharesQuery(of))
  const shares = found.data?.pages.flatMap((page) => page.shares) ?? []
  if (found.error !== null) return <Notice tone="danger">{messageOf(found.error)}</Notice>
  if (found.data !== undefined && shares.length === 0) return <p className="shares-none">{t.none}</p>
  return (
    <>
      <ul className="shares">
        {shares.map((share) => (
          <ShareRow key={share.id} share={share} hasName={hasNames} />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button onPress={() => found.fetchNextPage()} isPending={found.isFetchingNextPage}>
          {t.more}
        </Button>
      )}
    </>
  )
}

const useName = ({ name, file_id, folder_id }: Share, isWanted: boolean): string => {
  const file = useQuery({ ...fileQuery(file_id ?? ''), enabled: isWanted && file_id !== null, retry: false })
  const folder = useQuery({ ...folderQuery(folder_id ?? ''), enabled: isWanted && folder_id !== null, retry: false })
  return file.data?.file_name ?? folder.data?.name ?? name ?? ''
}

const useUse = ({ kind, downloads, max_downloads, files_received, max_files }: Share): string => {
  const t = shareTexts.use()
  if (kind === 'request')
    return max_files === null ? t.received(files_received) : t.receivedOf(files_received, max_files)
  return max_downloads === null ? t.downloads(downloads) : t.downloadsOf(downloads, max_downloads)
}

const ShareRow = ({ share, hasName }: { readonly share: Share; readonly hasName: boolean }) => {
  const t = shareTexts.use()
  const name = useName(share, hasName)
  const use = useUse(share)
  const place = useRef<HTMLLIElement>(null)
  const kinds = { file: t.file, folder: t.folder, request: t.requestKind }
  const ending = useMutation({
    mutationFn: () => api.call(disableShare, { params: { id: share.id } }),
    onSuccess: () => {
      // The button goes; whoever pressed it stays where it was.
      place.current?.focus()
      say(t.revoked)
    },
    onError: sayProblem,
    onSettled: () => refreshFiles(),
  })
  const isActive = share.state === 'active'
  return (
    <li ref={place} className="share" data-state={share.state} tabIndex={-1}>
      <div className="share-words">
        {hasName && (
          <strong>
            <bdi>{name}</bdi>
          </strong>
        )}
        <span className="share-facts">
          <span className="chip" data-area={isActive ? 'files' : undefined}>
            {t[share.state]}
          </span>
          <span>{kinds[share.kind]}</span>
          <span>{use}</span>
          {share.has_password && (
            <span>
              <LockKeyhole aria-hidden size={14} /> {t.withPassword}
            </span>
          )}
          {share.expires_at !== null && <span>{t.until(formatDate(share.expires_at))}</span>}
        </span>
        {isActive && <code>{share.url}</code>}
      </div>
      {isActive && (
        <span className="share-verbs">
          <CopyButton text={share.url} />
          <Button tone="quiet" onPress={() => ending.mutate()} isPending={ending.isPending}>
            {t.revoke}
          </Button>
        </span>
      )}
    </li>
  )
}
