import { type ReactNode, useEffect, useRef } from 'react'

/** A part of a page that takes the place of another one, and the focus that would be lost with it. */
export const FocusHere = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => {
  const part = useRef<HTMLElement>(null)
  useEffect(() => part.current?.focus(), [])
  return (
    <section ref={part} tabIndex={-1} aria-label={label} className="focus-here">
      {children}
    </section>
  )
}
