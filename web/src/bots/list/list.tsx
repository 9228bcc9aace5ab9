import { useQuery } from '@tanstack/react-query'
import { Bot as BotIcon, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useActions } from '../../app/actions.ts'
import { botsNamed } from '../../app/finding.ts'
import { useTyped } from '../../app/use-typed.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { TextField } from '../../ui/field.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { type Bot, makeSimulatedBot } from '../changes.ts'
import { botsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { botsTexts } from '../texts.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { BotRow } from './bot-row.tsx'
import { CreateDialog } from './create-dialog.tsx'

const SEARCHED_FROM = 6

/** Makes a bot to try and goes to it; once, however often it is pressed. */
const useTrying = () => {
  const t = botsTexts.use()
  const { open } = useBotsAddress()
  const [isMaking, setMaking] = useState(false)
  const make = async (): Promise<void> => {
    setMaking(true)
    try {
      open(await makeSimulatedBot(''), 'workshop', { command: '/start' })
      say(t.madeBot('/start'))
    } catch (error) {
      sayProblem(error)
    } finally {
      setMaking(false)
    }
  }
  return { isMaking, make }
}

export const BotList = () => {
  const t = botsTexts.use()
  const bots = useQuery(botsQuery)
  const { search, change } = useBotsAddress()
  const [isCreating, setCreating] = useState(false)
  const trying = useTrying()
  useActions([{ id: 'bots.new', name: t.newBot, keys: 'n', area: 'bots', group: t.bots, run: () => setCreating(true) }])
  const typed = useTyped(search.q ?? '', (q) => change({ q: q || undefined }))
  const all = bots.data ?? []
  const shown = search.q === undefined ? all : botsNamed(all, search.q)
  return (
    <>
      <div className="page-head">
        <h1>{t.bots}</h1>
        <ButtonLink tone="quiet" href="/bots/trash">
          <Trash2 aria-hidden size={16} />
          {t.trash}
        </ButtonLink>
        <Button tone="accent" onPress={() => setCreating(true)}>
          <Plus aria-hidden size={16} />
          {t.newBot}
        </Button>
      </div>
      {all.length >= SEARCHED_FROM && (
        <div className="bots-search">
          <TextField label={t.search} type="search" value={typed.text} onChange={typed.setText} />
        </div>
      )}
      {bots.isPending && <Loading />}
      {bots.isError && bots.data === undefined && <Failed error={bots.error} retry={bots.refetch} />}
      {bots.isSuccess && all.length === 0 && (
        <Empty
          icon={<BotIcon aria-hidden size={40} strokeWidth={1.25} className="bots-hue" />}
          title={t.noBots}
          text={t.noBotsText}
          action={
            <Button tone="accent" isPending={trying.isMaking} onPress={() => void trying.make()}>
              {t.tryOne}
            </Button>
          }
        />
      )}
      {all.length > 0 && shown.length === 0 && <Empty title={t.nothingFound} />}
      <Folders bots={shown} />
      {isCreating && <CreateDialog onClose={() => setCreating(false)} />}
    </>
  )
}

/** Bots without a folder first, then one heading for each folder. */
const Folders = ({ bots }: { readonly bots: readonly Bot[] }) => {
  const groups = Map.groupBy(bots, ({ folder }) => folder ?? '')
  const names = [...groups.keys()].sort((a, b) => a.localeCompare(b))
  return names.map((name) => (
    <section key={name} className="bots-group">
      {name !== '' && <h2>{name}</h2>}
      <ul className="bots-list">
        {groups.get(name)?.map((bot) => (
          <BotRow key={bot.botid} bot={bot} />
        ))}
      </ul>
    </section>
  ))
}
