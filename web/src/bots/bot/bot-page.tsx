import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { botAddress } from '../../app/addresses.ts'
import { noteRecent } from '../../app/recent.ts'
import { Notice } from '../../ui/notice.tsx'
import { BOT_TABS, type BotTab, tabPath } from '../address.ts'
import { botQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { botsTexts } from '../texts.ts'
import { BotHead } from './bot-head.tsx'

const PAGES = {
  workshop: lazy(() => import('../workshop/workshop.tsx')),
  overview: lazy(() => import('../overview/overview.tsx')),
  users: lazy(() => import('../people/users.tsx')),
  data: lazy(() => import('../data/data.tsx')),
  broadcasts: lazy(() => import('../broadcasts/broadcasts.tsx')),
  tasks: lazy(() => import('../tasks/tasks.tsx')),
  tests: lazy(() => import('../tests/tests.tsx')),
  errors: lazy(() => import('../errors/errors.tsx')),
  settings: lazy(() => import('../settings/settings.tsx')),
} as const

/** A bot: what it is called and whether it works, and one of its pages. */
export const BotPage = ({ botid, tab }: { readonly botid: string; readonly tab: BotTab }) => {
  const t = botsTexts.use()
  const bot = useQuery(botQuery(botid))
  const name = bot.data?.bot_name
  useEffect(() => {
    if (name !== undefined) noteRecent({ href: botAddress(botid), name, area: 'bots' })
  }, [botid, name])
  if (bot.isPending) return <Loading />
  if (bot.data === undefined) return <Failed error={bot.error} retry={bot.refetch} />
  const Page = PAGES[tab]
  return (
    <div className="bot-page" data-tab={tab}>
      <BotHead bot={bot.data} />
      {bot.data.problem !== null && <Notice tone="warn">{bot.data.problem}</Notice>}
      <nav className="tab-list bot-tabs" aria-label={t.tabs}>
        {BOT_TABS.map((each) => (
          <Link
            key={each}
            to="/bots/$"
            params={{ _splat: tabPath(botid, each) }}
            className="tab"
            data-selected={each === tab || undefined}
            aria-current={each === tab ? 'page' : undefined}
          >
            {t[each]}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Loading />}>
        <Page bot={bot.data} />
      </Suspense>
    </div>
  )
}
