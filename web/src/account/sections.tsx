import { useLocation } from '@tanstack/react-router'
import { Link } from 'react-aria-components'

/** The pages of a part, beside them on wide screens and above them on narrow ones. */
export const Sections = ({
  label,
  entries,
}: {
  readonly label: string
  readonly entries: readonly { readonly href: string; readonly name: string }[]
}) => {
  const path = useLocation().pathname.replace(/\/+$/, '')
  return (
    <nav className="sections" aria-label={label}>
      {entries.map(({ href, name }) => (
        <Link key={href} href={href} className="section-link" {...(path === href ? { 'aria-current': 'page' } : {})}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
