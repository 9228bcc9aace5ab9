import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, Pause, Play, RotateCw, TriangleAlert, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { formatBytes } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Progress } from '../../ui/progress.tsx'
import { say } from '../../ui/toast.tsx'
import { fileQuery, storageQuery } from '../queries.ts'
import { formatPercent, formatSpan } from './format.ts'
import { cancel, goOn, pause, resume } from './manager.ts'
import { floodWait } from './progress.ts'
import type { UploadRow } from './store.ts'
import { uploadTexts } from './texts.ts'

interface RowProps {
  readonly row: UploadRow
}

export const TrayRow = ({ row }: RowProps) => {
  const t = uploadTexts.use()
  const { name, size, sent, state, fileId } = row
  const isMoving = ['sending', 'paused', 'waiting', 'unfinished'].includes(state)
  return (
    <li className="tray-row" data-state={state}>
      <div className="tray-name">
        {state === 'done' && <Check aria-hidden size={16} />}
        {state === 'failed' && <TriangleAlert aria-hidden size={16} />}
        {fileId === undefined ? (
          <bdi>{name}</bdi>
        ) : (
          <Link to="/files/$" params={{ _splat: row.folder ?? '' }} search={linkTo(row, fileId)}>
            <bdi>{name}</bdi>
          </Link>
        )}
      </div>
      <div className="tray-verbs">
        <Verbs row={row} />
      </div>
      {isMoving && <Progress label={t.progress(name)} value={size === 0 ? 0 : sent / size} />}
      <p className="tray-note">
        <Note row={row} />
      </p>
    </li>
  )
}

const linkTo = ({ team }: UploadRow, open: string) => (team === undefined ? { open } : { open, team })

const Verbs = ({ row: { id, name, state } }: RowProps) => {
  const t = uploadTexts.use()
  return (
    <>
      {['queued', 'sending', 'waiting'].includes(state) && (
        <IconButton label={t.pause(name)} onPress={() => pause(id)}>
          <Pause aria-hidden size={16} />
        </IconButton>
      )}
      {state === 'paused' && (
        <IconButton label={t.resume(name)} onPress={() => resume(id)}>
          <Play aria-hidden size={16} />
        </IconButton>
      )}
      {state === 'failed' && (
        <IconButton label={t.retry(name)} onPress={() => resume(id)}>
          <RotateCw aria-hidden size={16} />
        </IconButton>
      )}
      {state !== 'done' && state !== 'checking' && (
        <IconButton label={t.cancel(name)} onPress={() => cancel(id)}>
          <X aria-hidden size={16} />
        </IconButton>
      )}
    </>
  )
}

const Note = ({ row }: RowProps) => {
  const t = uploadTexts.use()
  const { state, sent, size, speed, error, until } = row
  if (state === 'sending')
    return (
      <>
        {formatBytes(sent)} / {formatBytes(size)}
        {speed > 0 && ` · ${t.perSecond(formatBytes(speed))} · ${t.left(formatSpan((size - sent) / speed))}`}
      </>
    )
  if (state === 'waiting') return <Countdown until={until ?? 0} say={t.waiting} />
  if (state === 'failed') return <>{error}</>
  if (state === 'unfinished') return <ChooseAgain row={row} />
  if (state === 'done') return <Stored row={row} />
  return <>{t[state]}</>
}

const Countdown = ({ until, say: sentence }: { readonly until: number; readonly say: (time: string) => string }) => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return <>{sentence(formatSpan(Math.max(0, until - now) / 1000))}</>
}

const ChooseAgain = ({ row }: RowProps) => {
  const t = uploadTexts.use()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      {t.unfinished(formatPercent(row.size === 0 ? 0 : row.sent / row.size))}
      <Button tone="quiet" onPress={() => input.current?.click()}>
        {t.choose}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        onChange={(event) => {
          const [file] = event.target.files ?? []
          event.target.value = ''
          if (file !== undefined && !goOn(row.id, file)) say(t.notSame(row.name))
        }}
      />
    </>
  )
}

const ASK_MS = 4_000

/** A finished upload is safe; on its way to a slow storage it says so, and for what that storage waits. */
const Stored = ({ row }: RowProps) => {
  const t = uploadTexts.use()
  const storage = useQuery(storageQuery)
  const isElsewhere = storage.data?.backends.some(({ kind }) => kind !== 'disk') ?? false
  const file = useQuery({
    ...fileQuery(row.fileId ?? ''),
    enabled: row.fileId !== undefined && isElsewhere,
    refetchInterval: ({ state: { data } }) => (data?.storage.state === 'replicating' ? ASK_MS : false),
  })
  const isCopying = file.data?.storage.state === 'replicating'
  // Asked for by every row that needs it, sent once.
  useQuery({ ...storageQuery, enabled: isCopying, refetchInterval: isCopying ? ASK_MS : false })
  const wait = isCopying ? floodWait(storage.data?.backends ?? [], Date.now()) : undefined
  if (wait !== undefined) return <Countdown until={wait.until} say={(time) => t.telegram(wait.name, time)} />
  return <>{isCopying ? t.copying : `${t.done} · ${formatBytes(row.size)}`}</>
}
