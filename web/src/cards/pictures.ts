import { settleCard } from './cache.ts'
import type { CardItem } from './card.ts'
import { readCard } from './queries.ts'

const PAUSE_MS = 60_000
const asked = new Map<string, number>()

/** Asks for new addresses of a card's pictures, whose old ones have run out. Not again for a picture that is broken. */
export const refreshPicture = ({ id }: CardItem): void => {
  const now = Date.now()
  if (now - (asked.get(id) ?? 0) < PAUSE_MS) return
  asked.set(id, now)
  readCard(id).then(
    ({ card: { thumbnailUrl, linkPreviewImageUrl, fileUrl } }) =>
      settleCard({ id, thumbnailUrl, linkPreviewImageUrl, fileUrl }),
    () => {},
  )
}
