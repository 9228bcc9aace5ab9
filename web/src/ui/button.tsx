import type { ReactNode } from 'react'
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Tooltip,
  TooltipTrigger,
} from 'react-aria-components'

export type Tone = 'plain' | 'accent' | 'quiet' | 'danger'

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  readonly tone?: Tone
  readonly children: ReactNode
}

export const Button = ({ tone = 'plain', ...props }: ButtonProps) => (
  <AriaButton {...props} className="button" data-tone={tone} />
)

export interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  /** Read aloud, and shown on hover and focus. */
  readonly label: string
  readonly children: ReactNode
}

/** A button that is only an icon: its name is its tooltip. */
export const IconButton = ({ label, tone = 'quiet', children, ...props }: IconButtonProps) => (
  <TooltipTrigger delay={500}>
    <AriaButton {...props} className="button" data-tone={tone} data-square aria-label={label}>
      {children}
    </AriaButton>
    <Tooltip className="tooltip" offset={6}>
      {label}
    </Tooltip>
  </TooltipTrigger>
)
