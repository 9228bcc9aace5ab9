import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import { withTags } from '../changes.ts'
import { tagsQuery } from '../queries.ts'
import { sheetTexts } from './texts.ts'

/** The tags of a card; those in use are offered while one types. */
export const TagField = ({
  tags,
  onChange,
  onTag,
}: {
  readonly tags: readonly string[]
  readonly onChange: (tags: readonly string[]) => void
  /** A tag was pressed. */
  readonly onTag: (tag: string) => void
}) => {
  const t = sheetTexts.use()
  const list = useId()
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const { data: known = [] } = useQuery(tagsQuery)
  const add = (): void => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    setText('')
    if (names.length > 0) onChange(withTags(tags, { add: names, remove: [] }))
  }
  return (
    <section className="sheet-field">
      <h3>{t.tags}</h3>
      <div className="sheet-tags">
        {tags.map((tag) => (
          <span key={tag} className="chip sheet-tag" data-area="cards">
            <button type="button" onClick={() => onTag(tag)}>
              {tag}
            </button>
            <button
              type="button"
              aria-label={t.removeTag(tag)}
              onClick={() => {
                onChange(withTags(tags, { add: [], remove: [tag] }))
                field.current?.focus()
              }}
            >
              <X aria-hidden size={12} />
            </button>
          </span>
        ))}
        <input
          ref={field}
          className="input sheet-tag-input"
          aria-label={t.addTag}
          placeholder={t.addTag}
          list={list}
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key === 'Enter' || event.key === ',') {
              event.preventDefault()
              add()
            } else if (event.key === 'Escape' && text !== '') {
              event.stopPropagation()
              setText('')
            }
          }}
        />
        <datalist id={list}>
          {known
            .filter(({ name }) => !tags.includes(name))
            .slice(0, 200)
            .map(({ name }) => (
              <option key={name} value={name} />
            ))}
        </datalist>
      </div>
    </section>
  )
}
