import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { useTyped } from '../../app/use-typed.ts'
import { tagsQuery } from '../queries.ts'
import { type Pills, toPills, toQuery } from './pills.ts'
import { pieceStart, type Suggestion, suggestionsFor } from './suggestions.ts'

/** What the search box shows, and what can be done with it. The search that it stands for is the address's. */
export const useSearch = (query: string, onSearch: (query: string) => void) => {
  const [value, change] = usePills(query, onSearch)
  const [isOpen, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const { data: tags = [] } = useQuery(tagsQuery)
  const suggestions = isOpen ? suggestionsFor(value.text, { tags }) : []

  const type = (text: string): void => {
    const { pills, text: rest } = toPills(text, true)
    setOpen(true)
    setAt(-1)
    change({ pills: [...value.pills, ...pills], text: pills.length === 0 ? text : rest }, 'later')
  }
  const take = ({ insert, isWhole }: Suggestion): void => {
    const before = value.text.slice(0, pieceStart(value.text))
    setAt(-1)
    if (isWhole) change({ pills: [...value.pills, insert], text: before })
    else change({ ...value, text: before + insert })
  }
  /** Nothing grows any more: the last filter becomes a pill, too. */
  const finish = (): void => {
    const { pills, text } = toPills(value.text)
    setOpen(false)
    change({ pills: [...value.pills, ...pills], text })
  }
  const removePill = (index: number): void =>
    change({ ...value, pills: value.pills.filter((_, other) => other !== index) })

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
    else if (event.key === 'Escape') event.currentTarget.blur()
    else return
    event.preventDefault()
  }

  return {
    ...{ pills: value.pills, text: value.text, suggestions, at, type, take, removePill, onKeyDown },
    clear: (): void => change({ pills: [], text: '' }),
    close: (): void => setOpen(false),
  }
}

/** The query as pills and text. What is typed stays text until it is finished, which the query alone does not tell. */
const usePills = (said: string, onSearch: (query: string) => void) => {
  const { text: query, setText, ask } = useTyped(said, onSearch)
  const [before, setShown] = useState(() => ({ ...toPills(query), query }))
  const shown = before.query === query ? before : { ...toPills(query), query }
  if (shown !== before) setShown(shown)
  const change = ({ pills, text }: Pills, when: 'now' | 'later' = 'now'): void => {
    const next = { pills: [...new Set(pills)], text }
    setShown({ ...next, query: toQuery(next) })
    if (when === 'now') ask(toQuery(next))
    else setText(toQuery(next))
  }
  return [shown, change] as const
}
