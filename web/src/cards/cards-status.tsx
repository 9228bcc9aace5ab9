import { useMutation } from '@tanstack/react-query'
import { LibraryBig } from 'lucide-react'
import { createCard } from '../../../src/cards/cards/contract.ts'
import { api, messageOf } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Notice } from '../ui/notice.tsx'
import { showNew } from './changes.ts'
import { cardsTexts } from './texts.ts'
import type { useCards } from './use-cards.ts'

/** What stands above the cards or instead of them: loading, nothing, a failure, how many there are. */
export const CardsStatus = ({
  query,
  found,
  onSearch,
  onShowAll,
}: {
  readonly query: string
  readonly found: ReturnType<typeof useCards>
  readonly onSearch: (query: string) => void
  readonly onShowAll: () => void
}) => {
  const t = cardsTexts.use()
  const { items, total, totalIsExact, corrections, isPending, error } = found
  if (error !== null)
    return (
      <Notice tone="danger">
        {messageOf(error)} <Button onPress={() => void found.refetch()}>{t.again}</Button>
      </Notice>
    )
  if (isPending) return <Skeletons label={t.loading} />
  if (items.length === 0)
    return query === '' ? (
      <Welcome />
    ) : (
      <Empty
        title={t.nothingFound}
        text={t.nothingFoundText}
        action={<Button onPress={() => onSearch('')}>{t.clear}</Button>}
      />
    )
  if (query === '') return null
  return (
    <div className="cards-status" role="status" data-stale={found.isPlaceholderData ? '' : undefined}>
      {total !== undefined && <span>{t.found(total, totalIsExact)}.</span>}
      {corrections.map(({ word, instead }) => (
        <span key={word}>{t.instead(word, instead.join(', '))}</span>
      ))}
      {total !== undefined && total > items.length && !found.hasNextPage && (
        <>
          <span>{t.firstOf(items.length)}</span>
          <Button tone="quiet" onPress={onShowAll}>
            {t.showAll}
          </Button>
        </>
      )}
    </div>
  )
}

const HEIGHTS = [180, 240, 140, 200, 160, 260, 150, 220]

const Skeletons = ({ label }: { readonly label: string }) => (
  <div className="cards-skeletons" role="status" aria-label={label}>
    {HEIGHTS.map((height) => (
      <div key={height} className="skeleton" style={{ blockSize: height }} />
    ))}
  </div>
)

const Welcome = () => {
  const t = cardsTexts.use()
  const saving = useMutation({
    mutationFn: () => api.call(createCard, { body: { content: t.sampleText, tags: ['sample'] } }),
    onSuccess: ({ cardId }) => showNew(cardId),
  })
  return (
    <Empty
      icon={<LibraryBig aria-hidden size={48} strokeWidth={1.25} className="type-icon" />}
      title={t.emptyTitle}
      text={t.emptyText}
      action={
        <Button onPress={() => saving.mutate()} isPending={saving.isPending}>
          {t.sample}
        </Button>
      }
    />
  )
}
