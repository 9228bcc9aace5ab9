import type { ReactNode } from 'react'
import { Link } from 'react-aria-components'
import type { Tone } from './button.tsx'

/** Goes somewhere, and looks like a button. */
export const ButtonLink = ({
  tone = 'plain',
  href,
  children,
  download,
  target,
}: {
  readonly tone?: Tone
  readonly href: string
  readonly children: ReactNode
  readonly download?: string
  readonly target?: '_blank'
}) => (
  <Link
    className="button"
    data-tone={tone}
    href={href}
    {...(download === undefined ? {} : { download })}
    {...(target === undefined ? {} : { target, rel: 'noreferrer' })}
  >
    {children}
  </Link>
)
