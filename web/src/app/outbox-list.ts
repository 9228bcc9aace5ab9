/** Something that was written down here and is not on the server yet. */
export interface Waiting {
  /** Sent along each time, so that the server does it once. */
  readonly key: string
  readonly accountId: string
  readonly content: string
  readonly tags: readonly string[]
  /** ISO 8601. */
  readonly writtenAt: string
  /** Why the server refused it, if it did: it is not sent again by itself. */
  readonly refused?: string
}

const isWaiting = (value: unknown): value is Waiting =>
  typeof value === 'object' &&
  value !== null &&
  ['key', 'accountId', 'content', 'writtenAt'].every((name) => typeof Reflect.get(value, name) === 'string') &&
  'tags' in value &&
  Array.isArray(value.tags)

export const parseWaiting = (kept: string | null): Waiting[] => {
  try {
    const list: unknown = JSON.parse(kept ?? '[]')
    return Array.isArray(list) ? list.filter(isWaiting) : []
  } catch {
    return []
  }
}

/** What sending came to. `later` is a broken connection or a server that is busy; `refused` is for good. */
export type Sent = { readonly is: 'done' } | { readonly is: 'later' } | { readonly is: 'refused'; readonly why: string }

/**
 * Sends one after the other, the oldest first, and stops at the first that has to wait.
 *
 * @param settle Takes it off the list, or marks it as refused; called before the next one is sent.
 */
export const sendAll = async (
  list: readonly Waiting[],
  send: (item: Waiting) => Promise<Sent>,
  settle: (item: Waiting, refused?: string) => void,
): Promise<void> => {
  for (const item of list) {
    if (item.refused !== undefined) continue
    const sent = await send(item)
    if (sent.is === 'later') return
    settle(item, sent.is === 'refused' ? sent.why : undefined)
  }
}
