import { CARD_TYPES } from '../../../../src/cards/cards/contract.ts'
import { Select } from '../../ui/select.tsx'
import type { CardItem } from '../card.ts'
import type { CardEdit } from '../changes.ts'
import { pillOf } from '../search/pills.ts'
import { cardsTexts } from '../texts.ts'
import { EditableText } from './editable-text.tsx'
import { TagField } from './tag-field.tsx'
import { sheetTexts } from './texts.ts'

/** What people write of a card. */
export const CardFields = ({
  card,
  isWhole,
  edit,
  onSearch,
}: {
  readonly card: CardItem
  readonly isWhole: boolean
  readonly edit: (change: CardEdit) => Promise<boolean>
  readonly onSearch: (query: string) => void
}) => {
  const t = sheetTexts.use()
  const words = cardsTexts.use()
  const showsContent = card.content !== '' || card.type === 'text' || card.type === 'quote'
  return (
    <>
      {showsContent && (
        <EditableText
          label={t.text}
          look={card.type === 'quote' ? 'quote' : 'text'}
          text={card.content}
          isDisabled={!isWhole}
          onSave={(content) => edit({ content })}
        />
      )}
      {card.type === 'link' && card.url !== null && (
        <EditableText label={t.url} look="line" text={card.url} isDisabled={!isWhole} onSave={(url) => edit({ url })} />
      )}
      <EditableText
        label={t.note}
        look="text"
        text={card.notes ?? ''}
        placeholder={t.notePlaceholder}
        isDisabled={!isWhole}
        onSave={(notes) => edit({ notes: notes === '' ? null : notes })}
      />
      <TagField
        tags={card.tags}
        onChange={(tags) => void edit({ tags: [...tags] })}
        onTag={(tag) => onSearch(pillOf('tag', tag))}
      />
      {card.aiTags.length > 0 && (
        <section>
          <h3>{t.aiTags}</h3>
          <p className="sheet-tags">
            {card.aiTags.map((tag) => (
              <span key={tag} className="chip">
                {tag}
              </span>
            ))}
          </p>
        </section>
      )}
      {card.aiSummary !== null && (
        <section>
          <h3>{t.summary}</h3>
          <p dir="auto">{card.aiSummary}</p>
        </section>
      )}
      <Select
        label={t.type}
        choices={CARD_TYPES.map((type) => ({ id: type, name: words.types(type) }))}
        value={card.type}
        onChange={(type) => void (type === card.type || edit({ type }))}
      />
    </>
  )
}
