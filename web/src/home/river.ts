/** Something of any area, as the home page and the search show it. */
export interface Item {
  readonly id: string
  readonly area: 'files' | 'bots' | 'cards'
  readonly name: string
  readonly about: string
  readonly href: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly image?: string | undefined
}

/** The newest of all lists, each of which is in its own order. */
export const river = (lists: readonly (readonly Item[])[], most: number): Item[] =>
  lists
    .flat()
    .sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1))
    .slice(0, most)

export type Greeting = 'night' | 'morning' | 'day' | 'evening'

/** @param hour 0 to 23, of the reader's clock. */
export const greetingAt = (hour: number): Greeting => {
  if (hour < 5) return 'night'
  if (hour < 12) return 'morning'
  return hour < 18 ? 'day' : 'evening'
}
