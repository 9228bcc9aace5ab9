import type { ReactNode } from 'react'

/** A word about the page or form that it stands in. A problem is read aloud at once. */
export const Notice = ({
  tone = 'info',
  children,
}: {
  readonly tone?: 'info' | 'ok' | 'warn' | 'danger'
  readonly children: ReactNode
}) => (
  <div className="notice" data-tone={tone} role={tone === 'danger' ? 'alert' : 'status'}>
    {children}
  </div>
)
