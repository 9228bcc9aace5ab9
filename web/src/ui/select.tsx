import { ChevronDown } from 'lucide-react'
import { Select as AriaSelect, Button, Label, ListBox, ListBoxItem, Popover, SelectValue } from 'react-aria-components'

export interface Choice<Id extends string> {
  readonly id: Id
  readonly name: string
}

/** One of a few. */
export const Select = <Id extends string>({
  label,
  choices,
  value,
  onChange,
  name,
}: {
  readonly label: string
  readonly choices: readonly Choice<Id>[]
  readonly value: Id
  readonly onChange: (id: Id) => void
  readonly name?: string
}) => (
  <AriaSelect
    className="field"
    value={value}
    onChange={(key) => {
      const chosen = choices.find(({ id }) => id === key)
      if (chosen !== undefined) onChange(chosen.id)
    }}
    {...(name === undefined ? {} : { name })}
  >
    <Label className="field-label">{label}</Label>
    <Button className="button">
      <SelectValue />
      <ChevronDown aria-hidden size={16} />
    </Button>
    <Popover className="popover">
      <ListBox className="menu" items={choices}>
        {(choice) => <ListBoxItem className="menu-item">{choice.name}</ListBoxItem>}
      </ListBox>
    </Popover>
  </AriaSelect>
)
