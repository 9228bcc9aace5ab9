import type { ReactNode, Ref } from 'react'
import { Form as AriaForm } from 'react-aria-components'

export interface FormProps {
  readonly className: string
  readonly ref?: Ref<HTMLFormElement>
  /** With what its named fields hold; the page stays where it is. */
  readonly onSubmit: (data: FormData) => void
  readonly children: ReactNode
}

/** Fields that are sent together, by their button or with Enter, once all of them are right. */
export const Form = ({ onSubmit, ...props }: FormProps) => (
  <AriaForm
    {...props}
    onSubmit={(event) => {
      event.preventDefault()
      onSubmit(new FormData(event.currentTarget))
    }}
  />
)
