import { Check, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
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

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> {
  readonly label: string
  readonly hint?: string
  readonly placeholder?: string
  /** Rows of a field for several lines. */
  readonly rows?: number
  /** What the server said about this field. */
  readonly error?: string | undefined
}

export const TextField = ({ label, hint, placeholder, rows, error, ...props }: TextFieldProps) => (
  <AriaTextField {...props} className="field" isInvalid={error !== undefined || (props.isInvalid ?? false)}>
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
    <FieldError className="field-error">{error}</FieldError>
  </AriaTextField>
)

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
