import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'

/** Asks for the name of a tag. */
export const TagNameDialog = ({
  title,
  label,
  action,
  name,
  onName,
  onClose,
}: {
  readonly title: string
  readonly label: string
  readonly action: string
  readonly name: string
  readonly onName: (name: string) => void
  readonly onClose: () => void
}) => (
  <Dialog title={title} isOpen onClose={onClose}>
    <Form
      className="cards-form"
      onSubmit={(data) => {
        const wanted = String(data.get('name')).trim()
        onClose()
        if (wanted !== '') onName(wanted)
      }}
    >
      <TextField label={label} name="name" defaultValue={name} maxLength={200} isRequired autoFocus />
      <div className="dialog-actions">
        <Button type="submit" tone="accent">
          {action}
        </Button>
      </div>
    </Form>
  </Dialog>
)
