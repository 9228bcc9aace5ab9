import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import type { CardsAddress } from './address.ts'
import { SelectionBar } from './bulk/selection-bar.tsx'
import type { CardItem } from './card.ts'
import { CardMenu } from './card-menu.tsx'
import { CardsStatus } from './cards-status.tsx'
import { Composer, type ComposerHandle } from './composer/composer.tsx'
import { composerTexts } from './composer/texts.ts'
import { uploadAsCards } from './composer/uploads.ts'
import { useDropAndPaste } from './composer/use-drop.ts'
import { CardGrid } from './grid/card-grid.tsx'
import type { GridHandle } from './grid/grid.tsx'
import { SavedSearches } from './search/saved-searches.tsx'
import { SearchBox, type SearchHandle } from './search/search-box.tsx'
import { NOTHING, toggled } from './selection.ts'
import { CardSheet } from './sheet/card-sheet.tsx'
import { CardsToolbar } from './toolbar.tsx'
import { useCardKeys } from './use-card-keys.tsx'
import { useCards } from './use-cards.ts'
import { useCardView } from './view.ts'

/** The cards: composer, search, and all that is found. */
export const CardsHome = () => {
  const t = composerTexts.use()
  const address = useSearch({ from: '/signed-in/cards/$' })
  const q = address.q ?? ''
  const navigate = useNavigate()
  const found = useCards(q, address.sort)
  const { items } = found
  const [view, setView] = useCardView()
  const [selection, setSelection] = useState(NOTHING)
  const [menu, setMenu] = useState<{ card: CardItem; at: { x: number; y: number } }>()
  const grid = useRef<GridHandle>(null)
  const composer = useRef<ComposerHandle>(null)
  const search = useRef<SearchHandle>(null)
  const isOver = useDropAndPaste({ files: uploadAsCards, text: (text) => composer.current?.take(text) })

  const go = (change: { readonly [K in keyof CardsAddress]: CardsAddress[K] | undefined }, replace = false): void => {
    const next = { ...address, ...change }
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== ''))
    void navigate({ to: '/cards/$', params: { _splat: '' }, search: kept, replace, resetScroll: false })
  }
  const searchFor = (query: string): void => {
    setSelection(NOTHING)
    scrollTo(0, 0)
    go({ q: query, card: undefined }, q !== '')
  }
  const open = (id: string | undefined): void => go({ card: id }, address.card !== undefined && id !== undefined)
  const select = (id: string, stretch: boolean): void =>
    setSelection((now) => toggled(now, id, { stretch, order: items.map((card) => card.id) }))
  const chosen = useMemo(() => items.filter(({ id }) => selection.ids.has(id)), [items, selection])
  const walk = (step: number): void => {
    const at = items.findIndex(({ id }) => id === address.card)
    const next = items[at + step]
    if (at + step > items.length - 5) found.more()
    if (next !== undefined) open(next.id)
  }
  const active = (): CardItem | undefined => {
    const id = address.card ?? grid.current?.active()
    return items.find((card) => card.id === id)
  }

  useCardKeys({
    ...{ active, chosen, grid, isOpen: address.card !== undefined, walk, open },
    write: () => composer.current?.focus(),
    search: () => search.current?.focus(),
    select: (id) => select(id, false),
    clear: () => setSelection(NOTHING),
  })

  return (
    <div className="cards-columns">
      <SavedSearches query={q} onSearch={searchFor} />
      <div className="cards-main">
        <div className="cards-bar">
          <SearchBox query={q} onSearch={searchFor} handle={search} />
          <CardsToolbar view={view} onView={setView} sort={address.sort} onSort={(sort) => go({ sort })} query={q} />
        </div>
        {q === '' && <Composer onOpen={open} handle={composer} />}
        <CardsStatus query={q} found={found} onSearch={searchFor} onShowAll={() => go({ sort: 'newest' })} />
        <CardGrid
          name={`cards ${q}`}
          items={items}
          view={view}
          total={found.totalIsExact ? found.total : undefined}
          highlights={found.highlights}
          selected={selection.ids}
          onOpen={(card) => open(card.id)}
          onSelect={(card, stretch) => select(card.id, stretch)}
          onMenu={(card, at) => setMenu({ card, at })}
          onEnd={found.more}
          handle={grid}
        />
      </div>
      {chosen.length > 0 && (
        <SelectionBar
          cards={chosen}
          hasMore={found.hasNextPage || chosen.length < items.length}
          onAll={async () => {
            let all = items
            for (let more = found.hasNextPage; more; ) {
              const { data, hasNextPage } = await found.fetchNextPage()
              all = data?.pages.flatMap((page): readonly CardItem[] => page.items) ?? all
              more = hasNextPage
            }
            setSelection({ ids: new Set(all.map(({ id }) => id)), anchor: undefined })
          }}
          onClear={() => setSelection(NOTHING)}
        />
      )}
      <CardMenu menu={menu} onClose={() => setMenu(undefined)} onOpen={open} onSelect={(id) => select(id, false)} />
      {address.card !== undefined && (
        <CardSheet
          key={address.card}
          id={address.card}
          known={items.find(({ id }) => id === address.card)}
          onClose={() => {
            const id = address.card
            open(undefined)
            // When the sheet is gone, for it gives the focus back to where it was before the walk.
            if (id !== undefined) setTimeout(() => grid.current?.focus(id), 60)
          }}
          onWalk={items.length > 1 ? walk : undefined}
          onSearch={searchFor}
        />
      )}
      {isOver && (
        <div className="drop-here" aria-hidden>
          {t.dropHere}
        </div>
      )}
    </div>
  )
}
