import { ListFilter, Search, X } from 'lucide-react'
import type { RefObject } from 'react'
import { FILE_TYPES } from '../../../../src/files/files/contract.ts'
import { useTyped } from '../../app/use-typed.ts'
import { formatDate } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Menu, type MenuAction } from '../../ui/menu.tsx'
import { filesTexts } from '../texts.ts'
import { parseSearch, type SearchWords, searchText, without } from './search-words.ts'
import { useFilesAddress } from './use-goto.ts'

/** Where a search is typed; it is looked for when the typing pauses. */
export const SearchBar = ({ field }: { readonly field: RefObject<HTMLInputElement | null> }) => {
  const t = filesTexts.use()
  const { search, change } = useFilesAddress()
  const said = search.q ?? ''
  const { text, setText, ask } = useTyped(said, (q) => void change({ q }, said !== ''))
  return (
    <search className="search-bar">
      <Search aria-hidden size={16} />
      <input
        ref={field}
        className="input"
        type="search"
        value={text}
        placeholder={t.search}
        aria-label={t.search}
        title={t.searchHint}
        maxLength={300}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') ask()
          if (event.key === 'Escape' && text !== '') setText('')
        }}
      />
    </search>
  )
}

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

/** Conditions to choose from, for who does not know how they are written. */
export const NarrowMenu = () => {
  const t = filesTexts.use()
  const { search, change } = useFilesAddress()
  const words = parseSearch(search.q ?? '')
  const say = (part: SearchWords): void => void change({ q: searchText({ ...words, ...part }) })
  const actions: (MenuAction | null)[] = [
    { id: 'here', name: t.inHere, onAction: () => say({ here: true }) },
    null,
    ...[1, 7, 30].map((days) => ({
      id: `after ${days}`,
      name: t.lastDays(days),
      onAction: () => say({ after: daysAgo(days) }),
    })),
    null,
    ...FILE_TYPES.map((type) => ({ id: type, name: t[type], onAction: () => say({ type }) })),
  ]
  return (
    <Menu
      label={t.narrow}
      actions={actions}
      trigger={
        <IconButton label={t.narrow}>
          <ListFilter aria-hidden size={18} />
        </IconButton>
      }
    />
  )
}

/** The conditions of the search, each with a way to take it away. */
export const SearchPills = ({ found }: { readonly found: number | undefined }) => {
  const t = filesTexts.use()
  const { search, change } = useFilesAddress()
  const words = parseSearch(search.q ?? '')
  if (search.q === undefined) return null
  const day = (text: string): string => formatDate(`${text}T00:00:00Z`)
  const pills: [keyof SearchWords, string][] = []
  if (words.term !== undefined) pills.push(['term', `“${words.term}”`])
  if (words.type !== undefined) pills.push(['type', t[words.type]])
  if (words.mime !== undefined) pills.push(['mime', words.mime])
  if (words.after !== undefined) pills.push(['after', t.since(day(words.after))])
  if (words.before !== undefined) pills.push(['before', t.until(day(words.before))])
  if (words.here !== undefined) pills.push(['here', t.inHere])
  return (
    <div className="pills">
      {pills.map(([name, text]) => (
        <button
          key={name}
          type="button"
          className="chip"
          data-area="files"
          aria-label={t.remove(text)}
          onClick={() => change({ q: searchText(without(words, name)) })}
        >
          <bdi>{text}</bdi>
          <X aria-hidden size={14} />
        </button>
      ))}
      <Button tone="quiet" onPress={() => change({ q: undefined })}>
        {t.clearSearch}
      </Button>
      {found !== undefined && <output className="pills-found">{t.found(found)}</output>}
    </div>
  )
}
