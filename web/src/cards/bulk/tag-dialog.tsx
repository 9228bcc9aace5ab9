import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import type { CardItem } from '../card.ts'
import { retagCards } from '../changes.ts'
import { bulkTexts } from './texts.ts'

const namesIn = (value: FormDataEntryValue | null): string[] =>
  String(value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

/** Tags for many cards at once: some to add, some to take away. */
export const TagDialog = ({
  cards,
  isOpen,
  onClose,
}: {
  readonly cards: readonly CardItem[]
  readonly isOpen: boolean
  readonly onClose: () => void
}) => {
  const t = bulkTexts.use()
  return (
    <Dialog title={t.tagTitle(cards.length)} isOpen={isOpen} onClose={onClose}>
      <Form
        className="cards-form"
        onSubmit={(form) => {
          const [add, remove] = [namesIn(form.get('add')), namesIn(form.get('take'))]
          if (add.length + remove.length > 0) void retagCards(cards, { add, remove })
          onClose()
        }}
      >
        <TextField label={t.add} name="add" hint={t.hint} autoFocus />
        <TextField label={t.take} name="take" />
        <div className="dialog-actions">
          <Button type="submit" tone="accent">
            {t.apply}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
