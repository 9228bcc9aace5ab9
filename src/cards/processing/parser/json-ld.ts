/** What a page says of itself in JSON-LD. */
export interface LinkedData {
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly image?: string | undefined
  readonly author?: string | undefined
  readonly publisher?: string | undefined
  readonly publishedAt?: string | undefined
}

const MOST_OBJECTS = 500
const THINGS =
  /Article|BlogPosting|Recipe|Product|VideoObject|Book|Movie|Event|WebPage|Report|Review|Course|Podcast|Music/

type Thing = Readonly<Record<string, unknown>>

/** @returns What the first thing says that a page can be about; nothing for what is no JSON. */
export const readLinkedData = (json: string): LinkedData => {
  let data: unknown
  try {
    data = JSON.parse(json.trim().replace(/;$/, ''))
  } catch {
    return {}
  }
  const thing = thingsIn(data).find((one) => THINGS.test(String(one['@type'] ?? '')))
  if (thing === undefined) return {}
  return {
    title: textOf(thing.headline) ?? textOf(thing.name),
    description: textOf(thing.description),
    image: urlOf(thing.image) ?? urlOf(thing.thumbnailUrl),
    author: textOf(thing.author) ?? textOf(thing.creator),
    publisher: textOf(thing.publisher),
    publishedAt: textOf(thing.datePublished) ?? textOf(thing.uploadDate) ?? textOf(thing.dateCreated),
  }
}

// A list and not a recursion: how deep it goes is the page's choice.
const thingsIn = (data: unknown): Thing[] => {
  const waiting: unknown[] = [data]
  const found: Thing[] = []
  for (let at = 0; at < waiting.length && at < MOST_OBJECTS; at += 1) {
    const one = waiting[at]
    if (Array.isArray(one)) waiting.push(...one.slice(0, MOST_OBJECTS))
    else if (isThing(one)) {
      found.push(one)
      waiting.push(one['@graph'], one.mainEntity, one.mainEntityOfPage)
    }
  }
  return found
}

const isThing = (value: unknown): value is Thing => typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) {
    const names = value.slice(0, 5).flatMap((one) => (Array.isArray(one) ? [] : (textOf(one) ?? [])))
    return names.length === 0 ? undefined : names.join(', ')
  }
  return isThing(value) && typeof value.name === 'string' ? value.name : undefined
}

const urlOf = (value: unknown): string | undefined => {
  const [first] = Array.isArray(value) ? value : [value]
  if (typeof first === 'string') return first
  return isThing(first) && typeof first.url === 'string' ? first.url : undefined
}
