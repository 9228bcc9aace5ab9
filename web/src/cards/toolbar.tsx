import { ArrowUpDown, LayoutGrid, Rows3, Rows4 } from 'lucide-react'
import { IconButton } from '../ui/button.tsx'
import { Menu } from '../ui/menu.tsx'
import type { CardSort } from './address.ts'
import { type CardView, VIEWS } from './grid/shapes.ts'
import { hasWords } from './search/pills.ts'
import { cardsTexts } from './texts.ts'

const ICONS = { masonry: LayoutGrid, list: Rows3, compact: Rows4 } as const

/** How the cards are laid out, and in which order. */
export const CardsToolbar = ({
  view,
  onView,
  sort,
  onSort,
  query,
}: {
  readonly view: CardView
  readonly onView: (view: CardView) => void
  readonly sort: CardSort | undefined
  readonly onSort: (sort: CardSort) => void
  readonly query: string
}) => {
  const t = cardsTexts.use()
  const sorts = hasWords(query) ? (['relevance', 'newest', 'oldest'] as const) : (['newest', 'oldest'] as const)
  const now = sort ?? sorts[0]
  const Icon = ICONS[view]
  return (
    <div className="cards-tools">
      <Menu
        label={t.sort}
        trigger={
          <IconButton label={`${t.sort}: ${t[now]}`}>
            <ArrowUpDown aria-hidden size={18} />
          </IconButton>
        }
        actions={sorts.map((name) => ({
          ...{ id: name, name: t[name], onAction: () => onSort(name) },
          ...(name === now ? { shortcut: '✓' } : {}),
        }))}
      />
      <Menu
        label={t.view}
        trigger={
          <IconButton label={`${t.view}: ${t[view]}`}>
            <Icon aria-hidden size={18} />
          </IconButton>
        }
        actions={VIEWS.map((name) => ({
          ...{ id: name, name: t[name], onAction: () => onView(name) },
          ...(name === view ? { shortcut: '✓' } : {}),
        }))}
      />
    </div>
  )
}
