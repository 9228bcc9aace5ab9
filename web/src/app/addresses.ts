/** Where things are shown; one place for those who link from one area to another. */
export const cardAddress = (id: string): string => `/cards?card=${encodeURIComponent(id)}`
export const botAddress = (id: string): string => `/bots/${encodeURIComponent(id)}`
export const searchAddress = (q: string): string => `/search?q=${encodeURIComponent(q)}`
export const fileAddress = ({
  id,
  folder_id,
  team_id,
}: {
  readonly id: string
  readonly folder_id: string | null
  readonly team_id: string | null
}): string => {
  const query = new URLSearchParams({ ...(team_id === null ? {} : { team: team_id }), open: id })
  return `/files/${folder_id === null ? '' : encodeURIComponent(folder_id)}?${query}`
}

/** What to call a card: its title, else the beginning of what it says. */
export const cardName = (card: {
  readonly metadataTitle: string | null
  readonly content: string
  readonly url: string | null
  readonly fileName?: string | null | undefined
}): string => {
  const line = card.content.trim().split('\n', 1)[0] ?? ''
  return (card.metadataTitle || card.fileName || line || card.url || '').slice(0, 120)
}
