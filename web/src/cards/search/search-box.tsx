import { useQuery } from '@tanstack/react-query'
import { Search, X } from 'lucide-react'
import { type KeyboardEvent, type Ref, useEffect, useId, useImperativeHandle, useRef, useState } from 'react'
import { tagsQuery } from '../queries.ts'
import { cardsTexts } from '../texts.ts'
import { type Pills, pillParts, toPills, toQuery } from './pills.ts'
import { pieceStart, type Suggestion, suggestionsFor } from './suggestions.ts'
import { searchTexts } from './texts.ts'
import './search.css'

const PAUSE_MS = 150

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
  const words = cardsTexts.use()
  const list = useId()
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [value, setValue] = useState<Pills>(() => toPills(query))
  const [isOpen, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const { data: tags = [] } = useQuery(tagsQuery)
  const suggestions = isOpen ? suggestionsFor(value.text, { tags }) : []
  useImperativeHandle(handle, () => ({ focus: () => input.current?.select() }))

  // Another search from elsewhere: a saved one, or the way back. What was asked here may come late, when more has been
  // typed already, and must not take that away.
  const said = useRef(query)
  const overtaken = useRef(new Set<string>())
  useEffect(() => {
    if (query !== said.current && overtaken.current.has(query)) return
    overtaken.current.clear()
    if (query === said.current) return
    said.current = query
    setValue(toPills(query))
  }, [query])

  const change = ({ pills, text }: Pills, pauseMs = 0): void => {
    const next = { pills: [...new Set(pills)], text }
    setValue(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      overtaken.current.add(said.current)
      said.current = toQuery(next)
      onSearch(said.current)
    }, pauseMs)
  }
  const type = (text: string): void => {
    const { pills, text: rest } = toPills(text, true)
    setOpen(true)
    setAt(-1)
    change({ pills: [...value.pills, ...pills], text: pills.length === 0 ? text : rest }, PAUSE_MS)
  }
  const take = ({ insert, isWhole }: Suggestion): void => {
    const before = value.text.slice(0, pieceStart(value.text))
    setAt(-1)
    if (isWhole) change({ pills: [...value.pills, insert], text: before })
    else change({ ...value, text: before + insert })
    input.current?.focus()
  }
  /** Nothing grows any more: the last filter becomes a pill, too. */
  const finish = (): void => {
    const { pills, text } = toPills(value.text)
    setOpen(false)
    change({ pills: [...value.pills, ...pills], text })
  }
  const removePill = (index: number): void => {
    change({ ...value, pills: value.pills.filter((_, other) => other !== index) })
    input.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) return
    const chosen = suggestions[at]
    const hasList = suggestions.length > 0
    if (event.key === 'Backspace' && value.text === '' && value.pills.length > 0) removePill(value.pills.length - 1)
    else if (event.key === 'ArrowDown' && hasList) setAt(Math.min(suggestions.length - 1, at + 1))
    else if (event.key === 'ArrowUp' && hasList) setAt(Math.max(-1, at - 1))
    else if (event.key === 'Enter' && chosen !== undefined) take(chosen)
    else if (event.key === 'Enter') finish()
    else if (event.key === 'Escape' && hasList) setOpen(false)
    else if (event.key === 'Escape') input.current?.blur()
    else return
    event.preventDefault()
  }

  return (
    <search className="search-box">
      <div className="input search-field">
        <Search aria-hidden size={18} />
        {value.pills.map((pill, index) => (
          <Pill key={pill} pill={pill} onRemove={() => removePill(index)} />
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
          placeholder={value.pills.length === 0 ? t.placeholder : ''}
          autoComplete="off"
          enterKeyHint="search"
          dir="auto"
          value={value.text}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => setOpen(false)}
        />
        {(value.text !== '' || value.pills.length > 0) && (
          <button
            type="button"
            className="search-clear"
            aria-label={words.clear}
            onClick={() => {
              change({ pills: [], text: '' })
              input.current?.focus()
            }}
          >
            <X aria-hidden size={16} />
          </button>
        )}
      </div>
      {suggestions.length > 0 && (
        <div id={list} role="listbox" aria-label={t.suggestions} className="popover search-list">
          {suggestions.map((suggestion, index) => (
            <SuggestionRow
              key={suggestion.insert}
              id={`${list}-${index}`}
              suggestion={suggestion}
              isChosen={index === at}
              onTake={() => take(suggestion)}
            />
          ))}
        </div>
      )}
    </search>
  )
}

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
