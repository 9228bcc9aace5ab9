import type { ReactNode } from 'react'

/** What stands where a list has nothing: what it is for, and what to do. */
export const Empty = ({
  title,
  text,
  icon,
  action,
}: {
  readonly title: string
  readonly text?: ReactNode
  readonly icon?: ReactNode
  readonly action?: ReactNode
}) => (
  <div className="empty">
    {icon}
    <h2>{title}</h2>
    {text !== undefined && <p>{text}</p>}
    {action}
  </div>
)
