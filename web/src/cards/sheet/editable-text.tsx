import { Pencil } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { sheetTexts } from './texts.ts'

/** A text that is shown as it reads, and changed where it stands. What was typed stays until it is saved or given up. */
export const EditableText = ({
  label,
  text,
  look,
  placeholder = '',
  isDisabled,
  onSave,
}: {
  readonly label: string
  readonly text: string
  readonly look: 'text' | 'quote' | 'line'
  readonly placeholder?: string
  readonly isDisabled: boolean
  /** @returns Whether it is saved. */
  readonly onSave: (text: string) => Promise<boolean>
}) => {
  const t = sheetTexts.use()
  const heading = useId()
  const section = useRef<HTMLElement>(null)
  const [draft, setDraft] = useState<string>()
  const close = (): void => {
    setDraft(undefined)
    requestAnimationFrame(() => section.current?.querySelector('button')?.focus())
  }
  const save = async (): Promise<void> => {
    if (draft === undefined || draft === text) return close()
    if (await onSave(draft)) close()
  }
  return (
    <section className="sheet-field" ref={section}>
      <div className="sheet-field-head">
        <h3 id={heading}>{label}</h3>
        {draft === undefined && (
          <IconButton label={`${t.edit}: ${label}`} isDisabled={isDisabled} onPress={() => setDraft(text)}>
            <Pencil aria-hidden size={16} />
          </IconButton>
        )}
      </div>
      {draft === undefined ? (
        <p className="sheet-text" data-look={look} data-empty={text === '' ? '' : undefined} dir="auto">
          {text === '' ? placeholder : text}
        </p>
      ) : (
        <>
          <textarea
            className="input sheet-text"
            data-look={look}
            aria-labelledby={heading}
            dir="auto"
            rows={look === 'line' ? 2 : Math.min(16, Math.max(3, draft.split('\n').length + 1))}
            value={draft}
            // biome-ignore lint/a11y/noAutofocus: the button that was pressed for it is gone.
            autoFocus
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') {
                event.stopPropagation()
                close()
              } else if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void save()
            }}
          />
          <div className="dialog-actions">
            <Button tone="quiet" onPress={close}>
              {t.cancel}
            </Button>
            <Button tone="accent" onPress={() => void save()}>
              {t.save}
            </Button>
          </div>
        </>
      )}
    </section>
  )
}
