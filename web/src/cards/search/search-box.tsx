import { Search, X } from 'lucide-react'
import { type Ref, useId, useImperativeHandle, useRef } from 'react'
import { cardsTexts } from '../texts.ts'
import { pillParts } from './pills.ts'
import type { Suggestion } from './suggestions.ts'
import { searchTexts } from './texts.ts'
import { useSearch } from './use-search.ts'
import './search.css'

export interface SearchHandle {
  focus(): void
}

/** The search of cards: filters become pills, and what is found changes while one types. */
export const SearchBox = ({
  query,
  onSearch,
  handle,
}: {
  readonly query: string
  readonly onSearch: (query: string) => void
  readonly handle: Ref<SearchHandle>
}) => {
  const t = searchTexts.use()
  const list = useId()
  const input = useRef<HTMLInputElement>(null)
  const { pills, text, suggestions, at, ...search } = useSearch(query, onSearch)
  useImperativeHandle(handle, () => ({ focus: () => input.current?.select() }))
  const andGoOn = (act: () => void) => (): void => {
    act()
    input.current?.focus()
  }

  return (
    <search className="search-box">
      <div className="input search-field">
        <Search aria-hidden size={18} />
        {pills.map((pill, index) => (
          <Pill key={pill} pill={pill} onRemove={andGoOn(() => search.removePill(index))} />
        ))}
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={t.search}
          aria-expanded={suggestions.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={suggestions[at] === undefined ? undefined : `${list}-${at}`}
          placeholder={pills.length === 0 ? t.placeholder : ''}
          autoComplete="off"
          enterKeyHint="search"
          dir="auto"
          value={text}
          onChange={(event) => search.type(event.target.value)}
          onKeyDown={search.onKeyDown}
          onBlur={search.close}
        />
        {(text !== '' || pills.length > 0) && <Clear onClear={andGoOn(search.clear)} />}
      </div>
      {suggestions.length > 0 && (
        <div id={list} role="listbox" aria-label={t.suggestions} className="popover search-list">
          {suggestions.map((suggestion, index) => (
            <SuggestionRow
              key={suggestion.insert}
              id={`${list}-${index}`}
              suggestion={suggestion}
              isChosen={index === at}
              onTake={andGoOn(() => search.take(suggestion))}
            />
          ))}
        </div>
      )}
    </search>
  )
}

const Clear = ({ onClear }: { readonly onClear: () => void }) => (
  <button type="button" className="search-clear" aria-label={cardsTexts.use().clear} onClick={onClear}>
    <X aria-hidden size={16} />
  </button>
)

const Pill = ({ pill, onRemove }: { readonly pill: string; readonly onRemove: () => void }) => {
  const t = searchTexts.use()
  const { isNot, key, value } = pillParts(pill)
  return (
    <button
      type="button"
      className="chip search-pill"
      data-area="cards"
      aria-label={t.removePill([...(isNot ? [t.not] : []), key, value].join(' '))}
      onClick={onRemove}
    >
      {isNot && <em>{t.not} </em>}
      <span>{key} </span>
      {key === 'color' && <i className="search-dot" style={{ backgroundColor: cssColor(value) }} />}
      <strong>{value}</strong>
      <X aria-hidden size={12} />
    </button>
  )
}

/** A name or six digits, and nothing else that a style sheet would take. */
const cssColor = (value: string): string =>
  /^#?[\da-f]{6}$/i.test(value) ? `#${value.replace('#', '')}` : /^[a-z]+$/i.test(value) ? value : 'transparent'

const SuggestionRow = ({
  id,
  suggestion,
  isChosen,
  onTake,
}: {
  readonly id: string
  readonly suggestion: Suggestion
  readonly isChosen: boolean
  readonly onTake: () => void
}) => (
  // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the chosen row.
  // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's.
  <div
    id={id}
    role="option"
    aria-selected={isChosen}
    className="menu-item"
    data-focused={isChosen ? '' : undefined}
    onPointerDown={(event) => event.preventDefault()}
    onClick={onTake}
  >
    {suggestion.color !== undefined && <i className="search-dot" style={{ backgroundColor: suggestion.color }} />}
    {suggestion.text}
    {suggestion.hint !== undefined && <kbd>{suggestion.hint}</kbd>}
  </div>
)
