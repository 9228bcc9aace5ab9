import { Check, Minus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import {
  Checkbox as AriaCheckbox,
  type CheckboxProps as AriaCheckboxProps,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
} from 'react-aria-components'
import { messageOf } from '../api.ts'

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> {
  readonly label: string
  readonly hint?: string
  readonly placeholder?: string
  /** Rows of a field for several lines. */
  readonly rows?: number
  /** What is wrong with the text as it is; it is not sent like that. */
  readonly error?: string | undefined
  /** Why the server did not take the text that was sent. It may be sent again, and another text has nothing to do with it. */
  readonly refusal?: Error | null
}

export const TextField = ({ label, hint, placeholder, rows, error, refusal, ...props }: TextFieldProps) => {
  const [said, setSaid] = useState({ refusal, isOver: false })
  if (said.refusal !== refusal) setSaid({ refusal, isOver: false })
  const refused = refusal == null || said.isOver ? undefined : messageOf(refusal)
  const problem = error ?? refused
  return (
    <AriaTextField
      {...props}
      className="field"
      isInvalid={problem !== undefined || (props.isInvalid ?? false)}
      // Otherwise the browser would hold back whatever is typed next.
      {...(error === undefined && refused !== undefined ? { validationBehavior: 'aria' } : {})}
      onChange={(text) => {
        setSaid({ refusal, isOver: true })
        props.onChange?.(text)
      }}
    >
      <Label>{label}</Label>
      {rows === undefined ? (
        <Input className="input" placeholder={placeholder ?? ''} />
      ) : (
        <TextArea className="input" rows={rows} placeholder={placeholder ?? ''} />
      )}
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{problem}</FieldError>
    </AriaTextField>
  )
}

export interface CheckboxProps extends Omit<AriaCheckboxProps, 'className' | 'style' | 'children'> {
  readonly children?: ReactNode
}

export const Checkbox = ({ children, ...props }: CheckboxProps) => (
  <AriaCheckbox {...props} className="checkbox">
    {({ isIndeterminate }) => (
      <>
        <span className="checkbox-box" aria-hidden>
          {isIndeterminate ? <Minus size={14} /> : <Check size={14} strokeWidth={3} />}
        </span>
        {children}
      </>
    )}
  </AriaCheckbox>
)
