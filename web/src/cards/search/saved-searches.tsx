import { useMutation, useQuery } from '@tanstack/react-query'
import { Bookmark, Ellipsis, Pencil, Rss, Trash2 } from 'lucide-react'
import { useState } from 'react'
import {
  createSavedSearch,
  deleteSavedSearch,
  type SavedSearch,
} from '../../../../src/cards/saved-searches/contract.ts'
import { api, queries } from '../../api.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import { savedSearchesQuery } from '../queries.ts'
import { sayWithUndo } from '../undo.ts'
import { FeedDialog } from './feed-dialog.tsx'
import { SearchDialog } from './search-dialog.tsx'
import { searchTexts } from './texts.ts'

const FAVORITES = 'is:favorite'

/** Searches with a name, beside the cards. */
export const SavedSearches = ({
  query,
  onSearch,
}: {
  readonly query: string
  readonly onSearch: (query: string) => void
}) => {
  const t = searchTexts.use()
  const { data: searches = [] } = useQuery(savedSearchesQuery)
  const [edited, setEdited] = useState<SavedSearch | 'new'>()
  const [fed, setFed] = useState<SavedSearch>()
  const removing = useRemove()
  const isKnown = query === '' || query === FAVORITES || searches.some((search) => search.query === query)
  return (
    <nav className="searches" aria-label={t.saved}>
      <ul>
        <Row name={t.everything} isChosen={query === ''} onPress={() => onSearch('')} />
        <Row name={t.favorites} isChosen={query === FAVORITES} onPress={() => onSearch(FAVORITES)} />
      </ul>
      <h2>{t.saved}</h2>
      {searches.length === 0 && isKnown && <p className="searches-hint">{t.none}</p>}
      <ul>
        {searches.map((search) => (
          <Row
            key={search.id}
            name={search.name}
            isChosen={search.query === query}
            onPress={() => onSearch(search.query)}
            menu={[
              { id: 'edit', name: t.edit, icon: <Pencil size={16} />, onAction: () => setEdited(search) },
              { id: 'feed', name: t.feed, icon: <Rss size={16} />, onAction: () => setFed(search) },
              {
                ...{ id: 'delete', name: t.remove, tone: 'danger' as const, icon: <Trash2 size={16} /> },
                onAction: () => removing.mutate(search),
              },
            ]}
          />
        ))}
      </ul>
      {!isKnown && (
        <Button tone="quiet" onPress={() => setEdited('new')}>
          <Bookmark aria-hidden size={16} />
          {t.saveSearch}
        </Button>
      )}
      {edited !== undefined && <SearchDialog search={edited} query={query} onClose={() => setEdited(undefined)} />}
      {fed !== undefined && <FeedDialog search={fed} onClose={() => setFed(undefined)} />}
    </nav>
  )
}

const Row = ({
  name,
  isChosen,
  onPress,
  menu,
}: {
  readonly name: string
  readonly isChosen: boolean
  readonly onPress: () => void
  readonly menu?: Parameters<typeof Menu>[0]['actions']
}) => {
  const t = searchTexts.use()
  return (
    <li className="search-row" data-chosen={isChosen ? '' : undefined}>
      <button type="button" className="search-link" aria-current={isChosen ? 'true' : undefined} onClick={onPress}>
        {name}
      </button>
      {menu !== undefined && (
        <Menu
          label={name}
          actions={menu}
          trigger={
            <IconButton label={t.manage(name)}>
              <Ellipsis aria-hidden size={16} />
            </IconButton>
          }
        />
      )}
    </li>
  )
}

/** Deletes at once, and makes it again when asked; not its feed, whose addresses are gone. */
const useRemove = () => {
  const { queryKey } = savedSearchesQuery
  const refresh = () => queries.invalidateQueries({ queryKey })
  return useMutation({
    mutationFn: ({ id }: SavedSearch) => api.call(deleteSavedSearch, { params: { id } }),
    onMutate: ({ id }) => {
      const before = queries.getQueryData(queryKey)
      queries.setQueryData(queryKey, (known) => known?.filter((search) => search.id !== id))
      return before
    },
    onSuccess: (_, { name, query }) =>
      sayWithUndo(searchTexts.now().removed(name), async () => {
        await api.call(createSavedSearch, { body: { name, query } })
        await refresh()
      }),
    onError: (error, _, before) => {
      queries.setQueryData(queryKey, before)
      sayProblem(error)
    },
    onSettled: refresh,
  })
}
