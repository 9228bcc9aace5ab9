import type { ReactNode } from 'react'

/** A table that may be wider than the page: it scrolls by itself, also with the keyboard. */
export const Scroll = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
  <section className="scroll-x" aria-label={label} tabIndex={0}>
    {children}
  </section>
)
