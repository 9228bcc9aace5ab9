import type { ReactNode } from 'react'

/** What stands where a list has nothing: what it is for, and what to do. */
export const Empty = ({
  title,
  text,
  icon,
  action,
  level = 2,
}: {
  readonly title: string
  readonly text?: ReactNode
  readonly icon?: ReactNode
  readonly action?: ReactNode
  /** 1 where it is the whole page. */
  readonly level?: 1 | 2
}) => {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <div className="empty">
      {icon}
      <Heading>{title}</Heading>
      {text !== undefined && <p>{text}</p>}
      {action}
    </div>
  )
}
