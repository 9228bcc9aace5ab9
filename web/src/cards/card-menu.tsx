import { Copy, ExternalLink, PanelRight, SquareCheck, Star, Trash2 } from 'lucide-react'
import { ContextMenu } from '../ui/menu.tsx'
import { say, sayProblem } from '../ui/toast.tsx'
import { type CardItem, safeLink, titleOf } from './card.ts'
import { setFavorite, trashCards } from './changes.ts'
import { cardsTexts } from './texts.ts'

/** What can be done with one card, where the other button was pressed. */
export const CardMenu = ({
  menu,
  onClose,
  onOpen,
  onSelect,
}: {
  readonly menu: { readonly card: CardItem; readonly at: { readonly x: number; readonly y: number } } | undefined
  readonly onClose: () => void
  readonly onOpen: (id: string) => void
  readonly onSelect: (id: string) => void
}) => {
  const t = cardsTexts.use()
  const card = menu?.card
  const link = safeLink(card?.url ?? null)
  const copy = (text: string) => (): void => {
    navigator.clipboard.writeText(text).then(() => say(t.copied), sayProblem)
  }
  const actions =
    card === undefined
      ? []
      : [
          {
            id: 'open',
            name: t.open,
            icon: <PanelRight size={16} />,
            shortcut: 'Enter',
            onAction: () => onOpen(card.id),
          },
          ...(link === undefined
            ? []
            : [
                {
                  ...{ id: 'visit', name: t.openLink, icon: <ExternalLink size={16} /> },
                  onAction: () => void globalThis.open(link, '_blank', 'noreferrer'),
                },
                { id: 'copy-link', name: t.copyLink, icon: <Copy size={16} />, onAction: copy(link) },
              ]),
          ...(card.content === ''
            ? []
            : [{ id: 'copy-text', name: t.copyText, icon: <Copy size={16} />, onAction: copy(card.content) }]),
          {
            ...{ id: 'favorite', name: card.isFavorited ? t.unfavorite : t.favorite, shortcut: 'F' },
            icon: <Star size={16} />,
            onAction: () => void setFavorite([card], !card.isFavorited),
          },
          {
            id: 'select',
            name: t.select,
            icon: <SquareCheck size={16} />,
            shortcut: 'X',
            onAction: () => onSelect(card.id),
          },
          null,
          {
            ...{ id: 'trash', name: t.remove, shortcut: '#', tone: 'danger' as const },
            icon: <Trash2 size={16} />,
            onAction: () => void trashCards([card]),
          },
        ]
  return (
    <ContextMenu
      label={card === undefined ? t.more : titleOf(card)}
      at={menu?.at}
      actions={actions}
      onClose={onClose}
    />
  )
}
