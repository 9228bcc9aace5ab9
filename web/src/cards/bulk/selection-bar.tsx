import { Star, Tag, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import type { CardItem } from '../card.ts'
import { setFavorite, trashCards } from '../changes.ts'
import { TagDialog } from './tag-dialog.tsx'
import { bulkTexts } from './texts.ts'

/** What can be done with all selected cards at once. */
export const SelectionBar = ({
  cards,
  hasMore,
  onAll,
  onClear,
}: {
  readonly cards: readonly CardItem[]
  /** Whether there are cards that match and are not selected. */
  readonly hasMore: boolean
  readonly onAll: () => Promise<void>
  readonly onClear: () => void
}) => {
  const t = bulkTexts.use()
  const [isTagging, setTagging] = useState(false)
  const [isLoading, setLoading] = useState(false)
  const allFavorite = cards.every(({ isFavorited }) => isFavorited)
  const selectAll = (): void => {
    setLoading(true)
    onAll()
      .catch(sayProblem)
      .finally(() => setLoading(false))
  }
  return (
    <section className="selection-bar" aria-label={t.bar}>
      <div>
        <strong role="status">{t.count(cards.length)}</strong>
        {hasMore && (
          <Button tone="quiet" onPress={selectAll} isPending={isLoading}>
            {t.all}
          </Button>
        )}
        <Button onPress={() => setTagging(true)} aria-label={t.tag}>
          <Tag aria-hidden size={16} />
          <span className="selection-word">{t.tag}</span>
        </Button>
        <Button
          onPress={() => void setFavorite(cards, !allFavorite)}
          aria-label={allFavorite ? t.unfavorite : t.favorite}
        >
          <Star aria-hidden size={16} />
          <span className="selection-word">{allFavorite ? t.unfavorite : t.favorite}</span>
        </Button>
        <Button
          tone="danger"
          aria-label={t.remove}
          onPress={() => {
            void trashCards(cards)
            onClear()
          }}
        >
          <Trash2 aria-hidden size={16} />
          <span className="selection-word">{t.remove}</span>
        </Button>
        <IconButton label={t.none} onPress={onClear}>
          <X aria-hidden size={18} />
        </IconButton>
      </div>
      <TagDialog cards={cards} isOpen={isTagging} onClose={() => setTagging(false)} />
    </section>
  )
}
