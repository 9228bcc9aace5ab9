import { useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { messageOf } from '../api.ts'
import { useActions } from '../app/actions.ts'
import { allBots } from '../app/finding.ts'
import { discard, useOutbox } from '../app/outbox.ts'
import { shellTexts } from '../app/texts.ts'
import { useOnline } from '../app/use-online.ts'
import { Tiles } from '../setup/tiles.tsx'
import { Button } from '../ui/button.tsx'
import { ButtonLink } from '../ui/link.tsx'
import { Notice } from '../ui/notice.tsx'
import { Capture } from './capture.tsx'
import { Checklist } from './checklist.tsx'
import { ItemList, ItemSkeleton } from './item-list.tsx'
import { botItem, cardItem, fileItem } from './items.ts'
import { newestCards, newestFiles } from './queries.ts'
import { BotHealth, RunningJobs, StorageBar } from './rail.tsx'
import { greetingAt, river } from './river.ts'
import { homeTexts } from './texts.ts'
import './home.css'

const SHOWN = 30

const focusCapture = (): void => document.querySelector<HTMLElement>('.capture-text')?.focus()

/** What is new, what runs, and a box for the next thing. */
export const Home = () => {
  const t = homeTexts.use()
  useActions([{ id: 'capture', name: t.captureLabel, keys: 'n', inPalette: true, run: focusCapture }])
  return (
    <div className="home">
      <div className="home-main">
        <header className="page-head">
          <h1>{t[greetingAt(new Date().getHours())]}</h1>
          <ButtonLink tone="quiet" href="/search">
            <Search aria-hidden size={18} />
            {t.search}
          </ButtonLink>
        </header>
        <Capture />
        <WaitingList />
        <River />
      </div>
      <aside className="home-rail">
        <RunningJobs />
        <Checklist />
        <BotHealth />
        <StorageBar />
      </aside>
    </div>
  )
}

const River = () => {
  const t = homeTexts.use()
  const words = shellTexts.use()
  const isOnline = useOnline()
  const queries = [useQuery(newestFiles), useQuery(newestCards), useQuery(allBots)] as const
  const [files, cards, bots] = queries
  const failed = queries.find(({ error, data }) => error !== null && data === undefined)
  const items = river(
    [(files.data?.files ?? []).map(fileItem), (cards.data?.items ?? []).map(cardItem), (bots.data ?? []).map(botItem)],
    SHOWN,
  )
  if (failed !== undefined)
    return (
      <Notice tone="danger">
        <p>{messageOf(failed.error)}</p>
        <Button onPress={() => void Promise.all(queries.map((query) => query.refetch()))}>{words.again}</Button>
      </Notice>
    )
  if (queries.some(({ isPending }) => isPending)) return isOnline ? <ItemSkeleton label={words.loading} /> : null
  if (items.length === 0) return <Tiles />
  return (
    <section>
      <h2 className="home-heading">{t.recent}</h2>
      <ItemList items={items} label={t.recent} />
    </section>
  )
}

const WaitingList = () => {
  const t = homeTexts.use()
  const waiting = useOutbox()
  if (waiting.length === 0) return null
  return (
    <section>
      <h2 className="home-heading">{t.waiting}</h2>
      <ul className="items">
        {waiting.map(({ key, content, refused }) => (
          <li key={key} className="item">
            <span className="item-name">{content}</span>
            {refused !== undefined && (
              <span className="item-about">
                {t.refused} {refused}
              </span>
            )}
            <Button tone="quiet" onPress={() => discard(key)}>
              {t.discard}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
