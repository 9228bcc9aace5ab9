import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { emptyTrash, purgeCard } from '../../../../src/cards/trash/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Checkbox } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { bulkTexts } from '../bulk/texts.ts'
import { refreshLists, refreshTrash } from '../cache.ts'
import { titleOf } from '../card.ts'
import { restoreCards } from '../changes.ts'
import { TypeIcon } from '../grid/type-icon.tsx'
import { type TrashedCard, trashQuery } from '../queries.ts'
import { cardsTexts } from '../texts.ts'
import { pageTexts } from './texts.ts'
import './pages.css'

/** What is done with cards in the trash, and what is asked before. */
const useTrashWork = () => {
  const t = pageTexts.use()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [purged, setPurged] = useState<TrashedCard>()
  const [isEmptying, setEmptying] = useState(false)
  const restoring = useMutation({
    mutationFn: async (ids: readonly string[]) => ((await restoreCards(ids)) ? ids.length : 0),
    onSuccess: async (count) => {
      if (count > 0) say(t.restored(count))
      setChosen(new Set())
      await refreshLists()
    },
  })
  const purging = useMutation({
    mutationFn: (work: () => Promise<number>) => work(),
    onSuccess: async (count) => {
      say(t.purged(count))
      await refreshTrash()
    },
    onError: sayProblem,
    onSettled: () => {
      setPurged(undefined)
      setEmptying(false)
    },
  })
  return { chosen, setChosen, purged, setPurged, isEmptying, setEmptying, restoring, purging }
}

/** Deleted cards: back with them, or gone for good. */
const TrashPage = () => {
  const t = pageTexts.use()
  const words = cardsTexts.use()
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(trashQuery)
  const { chosen, setChosen, purged, setPurged, isEmptying, setEmptying, restoring, purging } = useTrashWork()
  if (error !== null)
    return (
      <Notice tone="danger">
        {messageOf(error)} <Button onPress={() => void refetch()}>{words.again}</Button>
      </Notice>
    )
  if (data === undefined) return <div className="skeleton rows-skeleton" />
  const cards = data.pages.flatMap(({ items }) => items)
  if (cards.length === 0)
    return (
      <Empty
        icon={<Trash2 aria-hidden size={48} strokeWidth={1.25} className="type-icon" />}
        title={t.trashEmpty}
        text={t.trashEmptyText}
      />
    )
  const ids = cards.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  return (
    <div className="rows-page">
      <div className="rows-head">
        <Checkbox
          isSelected={ids.length === cards.length}
          isIndeterminate={ids.length > 0 && ids.length < cards.length}
          onChange={(isIn) => setChosen(new Set(isIn ? cards.map(({ id }) => id) : []))}
        >
          <ChosenCount count={ids.length} all={cards.length} />
        </Checkbox>
        <Button isDisabled={ids.length === 0} isPending={restoring.isPending} onPress={() => restoring.mutate(ids)}>
          <RotateCcw aria-hidden size={16} />
          {t.restore}
        </Button>
        <Button tone="danger" onPress={() => setEmptying(true)}>
          {t.empty}
        </Button>
      </div>
      <ul className="rows">
        {cards.map((card) => (
          <TrashRow
            key={card.id}
            card={card}
            isChosen={chosen.has(card.id)}
            onChoose={(isIn) =>
              setChosen((now) => new Set(isIn ? [...now, card.id] : [...now].filter((id) => id !== card.id)))
            }
            onRestore={() => restoring.mutate([card.id])}
            onPurge={() => setPurged(card)}
          />
        ))}
      </ul>
      {hasNextPage && <Button onPress={() => void fetchNextPage()}>{t.moreRows}</Button>}
      <Confirm
        {...{ title: t.purgeTitle, text: t.purgeText, action: t.purge, isPending: purging.isPending }}
        isOpen={purged !== undefined}
        onClose={() => setPurged(undefined)}
        onConfirm={() =>
          purging.mutate(async () => {
            await api.call(purgeCard, { params: { id: purged?.id ?? '' } })
            return 1
          })
        }
      />
      <Confirm
        {...{ title: t.emptyTitle, text: t.emptyText, action: t.empty, isPending: purging.isPending }}
        isOpen={isEmptying}
        onClose={() => setEmptying(false)}
        onConfirm={() => purging.mutate(async () => (await api.call(emptyTrash, { timeoutMs: 120_000 })).purged)}
      />
    </div>
  )
}
export default TrashPage

const ChosenCount = ({ count, all }: { readonly count: number; readonly all: number }) => {
  const t = pageTexts.use()
  const bulk = bulkTexts.use()
  return count === 0 ? t.cards(all) : bulk.count(count)
}

const isoOf = (ms: number): string => new Date(ms).toISOString()

const TrashRow = ({
  card,
  isChosen,
  onChoose,
  onRestore,
  onPurge,
}: {
  readonly card: TrashedCard
  readonly isChosen: boolean
  readonly onChoose: (isChosen: boolean) => void
  readonly onRestore: () => void
  readonly onPurge: () => void
}) => {
  const t = pageTexts.use()
  const words = cardsTexts.use()
  const title = titleOf(card) || words.types(card.type)
  return (
    <li className="row">
      <Checkbox isSelected={isChosen} onChange={onChoose} aria-label={t.select(title)} />
      <TypeIcon type={card.type} />
      <div className="row-main">
        <span className="row-title" dir="auto">
          {title}
        </span>
        <span className="row-muted">
          {t.deleted(formatAgo(isoOf(card.deletedAt)))}. {t.until(formatAgo(isoOf(card.purgedAfter)))}
        </span>
      </div>
      <IconButton label={`${t.restore}: ${title}`} onPress={onRestore}>
        <RotateCcw aria-hidden size={16} />
      </IconButton>
      <IconButton label={`${t.purge}: ${title}`} onPress={onPurge}>
        <Trash2 aria-hidden size={16} />
      </IconButton>
    </li>
  )
}
