const NAME = 'x-rtl'
const KEPT = 'latchkey.locale-of-this-tab'

/** Whether an address asks for the language that nobody speaks; the tab remembers it, because addresses change. */
const isAsked = (): boolean => {
  if (new URLSearchParams(location.search).get('locale') === NAME) sessionStorage.setItem(KEPT, NAME)
  return sessionStorage.getItem(KEPT) === NAME
}

/**
 * For who builds pages: `?locale=x-rtl` shows them from right to left and with longer words, until the tab is closed.
 * What stays as it was is no text of a catalogue, and what does not fit will not fit in other languages either.
 */
export const isMirrored = isAsked()

const RIGHT_TO_LEFT = '\u202e'
const END = '\u202c'

/** The same words, written from right to left, and longer by a third, as German is. */
export const mirror = (text: string): string => `${RIGHT_TO_LEFT}${text}${'·'.repeat(Math.ceil(text.length / 3))}${END}`

/** A catalogue whose every text is mirrored. */
export const mirrorAll = <T extends object>(texts: T): T =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      typeof text === 'function' ? (...values: unknown[]) => mirror(String(text(...values))) : mirror(String(text)),
    ]),
  ) as T
