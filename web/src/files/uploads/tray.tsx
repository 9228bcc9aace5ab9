import { useLocation } from '@tanstack/react-router'
import { ChevronDown, ChevronUp, Pause, Play, X } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { formatBytes } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Progress } from '../../ui/progress.tsx'
import { formatSpan } from './format.ts'
import { clear, clearDone, pauseAll, resumeAll } from './manager.ts'
import { inOrder, type Totals, totalsOf } from './progress.ts'
import { uploads } from './store.ts'
import { uploadTexts } from './texts.ts'
import { TrayRow } from './tray-row.tsx'
import './tray.css'

const MOST_ROWS = 60

/** How uploads go, at the end of every page. */
export const Tray = () => {
  const t = uploadTexts.use()
  const all = useSyncExternalStore(uploads.subscribe, uploads.all)
  const [isOpen, setIsOpen] = useState(true)
  const area = useLocation({ select: ({ pathname }) => pathname.split('/')[1] })
  // Who goes elsewhere has seen that all went well, and may need the place: on a phone that is where messages are written.
  // biome-ignore lint/correctness/useExhaustiveDependencies: for every change of it.
  useEffect(clearDone, [area])
  const totals = totalsOf(all)
  const rows = inOrder(all)
  const isPaused = rows.some(({ state }) => state === 'paused')
  const isSending = rows.some(({ state }) => state === 'sending' || state === 'queued')
  return (
    <>
      <Announcer totals={totals} />
      {rows.length > 0 && (
        <section className="tray" aria-label={t.uploads}>
          <header>
            <h2>{headline(totals, rows.length)}</h2>
            {isSending && (
              <IconButton label={t.pauseAll} onPress={pauseAll}>
                <Pause aria-hidden size={18} />
              </IconButton>
            )}
            {isPaused && !isSending && (
              <IconButton label={t.resumeAll} onPress={resumeAll}>
                <Play aria-hidden size={18} />
              </IconButton>
            )}
            <IconButton label={isOpen ? t.close : t.open} aria-expanded={isOpen} onPress={() => setIsOpen(!isOpen)}>
              {isOpen ? <ChevronDown aria-hidden size={18} /> : <ChevronUp aria-hidden size={18} />}
            </IconButton>
            {totals.active === 0 && totals.count > 0 && (
              <IconButton label={t.clear} onPress={clear}>
                <X aria-hidden size={18} />
              </IconButton>
            )}
          </header>
          {totals.active > 0 && <Total totals={totals} />}
          {isOpen && (
            <ul>
              {rows.slice(0, MOST_ROWS).map((row) => (
                <TrayRow key={row.id} row={row} />
              ))}
              {rows.length > MOST_ROWS && <li className="tray-more">{t.more(rows.length - MOST_ROWS)}</li>}
            </ul>
          )}
          {isOpen && totals.active > 0 && totals.done > 0 && (
            <Button tone="quiet" onPress={clear}>
              {t.clear}
            </Button>
          )}
        </section>
      )}
    </>
  )
}

const headline = ({ active, done, failed, count }: Totals, rows: number): string => {
  const t = uploadTexts.now()
  if (active > 0) return t.uploading(Math.min(done, count - 1), count)
  const needing = failed + (rows - count)
  return needing > 0 ? t.stopped(needing) : t.allDone(done)
}

const Total = ({ totals }: { readonly totals: Totals }) => {
  const t = uploadTexts.use()
  const { sent, size, speed, secondsLeft } = totals
  return (
    <div className="tray-total">
      <Progress label={t.total} value={size === 0 ? 0 : sent / size} />
      <p>
        {formatBytes(sent)} / {formatBytes(size)}
        {speed > 0 && ` · ${t.perSecond(formatBytes(speed))}`}
        {secondsLeft !== undefined && ` · ${t.left(formatSpan(secondsLeft))}`}
      </p>
    </div>
  )
}

const SAY_MS = 5_000

/** Tells those who do not see the tray how it goes, not more often than can be listened to. */
const Announcer = ({ totals }: { readonly totals: Totals }) => {
  const t = uploadTexts.use()
  const text =
    totals.count === 0
      ? ''
      : `${t.announce(totals.done, totals.count)} ${totals.failed > 0 ? t.announceFailed(totals.failed) : ''}`
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (text === said) return
    const timer = setTimeout(() => setSaid(text), said === '' || totals.active === 0 ? 0 : SAY_MS)
    return () => clearTimeout(timer)
  }, [text, said, totals.active])
  return <output className="visually-hidden">{said}</output>
}
