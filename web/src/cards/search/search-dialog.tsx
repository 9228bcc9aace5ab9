import { useMutation } from '@tanstack/react-query'
import {
  createSavedSearch,
  type SavedSearch,
  updateSavedSearch,
} from '../../../../src/cards/saved-searches/contract.ts'
import { api, messageOf, queries } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { savedSearchesQuery } from '../queries.ts'
import { searchTexts } from './texts.ts'

/** Gives a search a name, or another one. */
export const SearchDialog = ({
  search,
  query,
  onClose,
}: {
  readonly search: SavedSearch | 'new'
  /** Of the page now. */
  readonly query: string
  readonly onClose: () => void
}) => {
  const t = searchTexts.use()
  const isNew = search === 'new'
  const saving = useMutation({
    mutationFn: (form: FormData) => {
      const body = { name: String(form.get('name')), query: String(form.get('query')) }
      return isNew
        ? api.call(createSavedSearch, { body })
        : api.call(updateSavedSearch, { params: { id: search.id }, body })
    },
    onSuccess: async () => {
      await queries.invalidateQueries(savedSearchesQuery)
      onClose()
    },
  })
  return (
    <Dialog title={isNew ? t.saveSearch : t.edit} isOpen onClose={onClose}>
      <Form className="cards-form" onSubmit={(data) => saving.mutate(data)}>
        {saving.error !== null && <Notice tone="danger">{messageOf(saving.error)}</Notice>}
        <TextField
          label={t.name}
          name="name"
          defaultValue={isNew ? '' : search.name}
          maxLength={80}
          isRequired
          autoFocus
        />
        <TextField label={t.query} name="query" defaultValue={isNew ? query : search.query} isRequired />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {t.create}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
