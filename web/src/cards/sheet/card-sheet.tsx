import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronUp, ExternalLink, Star, Trash2 } from 'lucide-react'
import { ClientError, messageOf } from '../../api.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { Notice } from '../../ui/notice.tsx'
import { type CardItem, type ShownCard, safeLink } from '../card.ts'
import { setFavorite, trashCards } from '../changes.ts'
import { cardQuery } from '../queries.ts'
import { cardsTexts } from '../texts.ts'
import { CardFacts } from './facts.tsx'
import { CardFields } from './fields.tsx'
import { CardPreview } from './preview.tsx'
import { ReadingState } from './reading-state.tsx'
import { sheetTexts } from './texts.ts'
import { useEdit } from './use-edit.ts'
import './sheet.css'

/** One card, beside the others. */
export const CardSheet = ({
  id,
  known,
  onClose,
  onWalk,
  onSearch,
}: {
  readonly id: string
  /** As the list has it: shown until the whole card is there. */
  readonly known: CardItem | undefined
  readonly onClose: () => void
  readonly onWalk: ((step: number) => void) | undefined
  readonly onSearch: (query: string) => void
}) => {
  const t = sheetTexts.use()
  const words = cardsTexts.use()
  const { data, error } = useQuery(cardQuery(id))
  const card = data?.card ?? known
  return (
    <Dialog title={card === undefined ? t.title : words.types(card.type)} isOpen onClose={onClose} place="side">
      {error !== null && (
        <Notice tone="danger">
          {error instanceof ClientError && error.status === 404 ? t.gone : messageOf(error)}
        </Notice>
      )}
      {card === undefined ? (
        error === null && <div className="skeleton sheet-skeleton" role="status" aria-label={t.loading} />
      ) : (
        <>
          <SheetActions card={card} onWalk={onWalk} onClose={onClose} />
          <SheetBody card={card} isWhole={data !== undefined} onSearch={onSearch} />
        </>
      )}
    </Dialog>
  )
}

const SheetActions = ({
  card,
  onWalk,
  onClose,
}: {
  readonly card: CardItem
  readonly onWalk: ((step: number) => void) | undefined
  readonly onClose: () => void
}) => {
  const t = sheetTexts.use()
  const words = cardsTexts.use()
  const link = safeLink(card.url)
  return (
    <div className="sheet-actions">
      {onWalk !== undefined && (
        <>
          <IconButton label={`${t.previous} (K)`} onPress={() => onWalk(-1)}>
            <ChevronUp aria-hidden size={18} />
          </IconButton>
          <IconButton label={`${t.next} (J)`} onPress={() => onWalk(1)}>
            <ChevronDown aria-hidden size={18} />
          </IconButton>
        </>
      )}
      <IconButton
        label={card.isFavorited ? words.unfavorite : words.favorite}
        aria-pressed={card.isFavorited}
        onPress={() => void setFavorite([card], !card.isFavorited)}
      >
        <Star
          aria-hidden
          size={18}
          className={card.isFavorited ? 'type-icon' : ''}
          {...(card.isFavorited ? { fill: 'currentColor' } : {})}
        />
      </IconButton>
      <IconButton
        label={words.remove}
        onPress={() => {
          onClose()
          void trashCards([card])
        }}
      >
        <Trash2 aria-hidden size={18} />
      </IconButton>
      <span className="composer-gap" />
      {link !== undefined && (
        <ButtonLink href={link} target="_blank">
          <ExternalLink aria-hidden size={16} />
          {words.openLink}
        </ButtonLink>
      )}
    </div>
  )
}

const SheetBody = ({
  card,
  isWhole,
  onSearch,
}: {
  readonly card: ShownCard
  readonly isWhole: boolean
  readonly onSearch: (query: string) => void
}) => {
  const t = sheetTexts.use()
  const { edit, conflict, keepMine, takeTheirs } = useEdit(card.id)
  return (
    <div className="sheet">
      <CardPreview card={card} />
      <ReadingState card={card} />
      {conflict !== undefined && (
        <Notice tone="warn">
          {t.conflict}
          <span className="composer-choices">
            <Button onPress={keepMine}>{t.keepMine}</Button>
            <Button onPress={takeTheirs}>{t.takeTheirs}</Button>
          </span>
        </Notice>
      )}
      <CardFields card={card} isWhole={isWhole} edit={edit} onSearch={onSearch} />
      <CardFacts card={card} />
    </div>
  )
}
