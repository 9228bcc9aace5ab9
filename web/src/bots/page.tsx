import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useActions } from '../app/actions.ts'
import { Empty } from '../ui/empty.tsx'
import { ButtonLink } from '../ui/link.tsx'
import { placeOf } from './address.ts'
import { BotPage } from './bot/bot-page.tsx'
import { BotList } from './list/list.tsx'
import { botsQuery } from './queries.ts'
import { botsTexts } from './texts.ts'
import { undoLast } from './undo.ts'
import { useBotsAddress } from './use-bots-address.ts'
import './bots.css'

const BotTrash = lazy(() => import('./list/trash.tsx'))

export const BotsPage = () => {
  const t = botsTexts.use()
  const { rest, open } = useBotsAddress()
  const bots = useQuery(botsQuery).data ?? []
  const place = placeOf(rest)
  useActions([
    { id: 'bots.undo', name: t.undoKey, keys: 'z', area: 'bots', run: () => void undoLast() },
    ...bots.map(({ botid, bot_name, bot_username }) => ({
      id: `bots.open.${botid}`,
      name: bot_name,
      words: bot_username,
      area: 'bots' as const,
      group: t.bots,
      run: () => open(botid),
    })),
  ])
  if (place.kind === 'bot') return <BotPage key={place.botid} botid={place.botid} tab={place.tab} />
  if (place.kind === 'trash')
    return (
      <Suspense>
        <BotTrash />
      </Suspense>
    )
  if (place.kind === 'list') return <BotList />
  return <Empty level={1} title={t.nothingHere} action={<ButtonLink href="/bots">{t.back}</ButtonLink>} />
}
