/** What somebody has typed and not saved. */
export interface Draft {
  readonly text: string
  /** The code that it was begun from: what the server had. */
  readonly base: string
}

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

const PREFIX = 'latchkey.draft'
const keyOf = (botid: string, name: string): string => `${PREFIX} ${botid} ${name}`

const parse = (kept: string | null): Draft | undefined => {
  try {
    const value: unknown = JSON.parse(kept ?? 'null')
    if (typeof value !== 'object' || value === null || !('text' in value) || !('base' in value)) return undefined
    const { text, base } = value
    return typeof text === 'string' && typeof base === 'string' ? { text, base } : undefined
  } catch {
    return undefined
  }
}

/**
 * Keeps drafts by bot and command until they are saved, over reloads and crashes of the browser.
 *
 * @param storage Where it is full, or forbidden, drafts live as long as the page.
 */
export const draftStore = (storage: Kept) => {
  const memory = new Map<string, Draft>()
  const listeners = new Set<() => void>()
  let changes = 0
  const changed = (): void => {
    changes += 1
    for (const listener of listeners) listener()
  }

  return {
    read(botid: string, name: string): Draft | undefined {
      const key = keyOf(botid, name)
      return memory.get(key) ?? parse(storage.getItem(key))
    },
    write(botid: string, name: string, draft: Draft): void {
      const key = keyOf(botid, name)
      memory.set(key, draft)
      try {
        storage.setItem(key, JSON.stringify(draft))
      } catch {
        // The page still has it.
      }
      changed()
    },
    drop(botid: string, name: string): void {
      memory.delete(keyOf(botid, name))
      storage.removeItem(keyOf(botid, name))
      changed()
    },
    /** A renamed command takes its draft along. */
    rename(botid: string, from: string, to: string): void {
      const draft = this.read(botid, from)
      if (draft === undefined) return
      this.drop(botid, from)
      this.write(botid, to, draft)
    },
    /** The commands of a bot that have drafts. */
    names(botid: string): Set<string> {
      const start = keyOf(botid, '')
      const stored = Array.from({ length: storage.length }, (_, n) => storage.key(n) ?? '')
      return new Set(
        [...stored, ...memory.keys()].filter((key) => key.startsWith(start)).map((key) => key.slice(start.length)),
      )
    },
    /** A number that is another one after every change. */
    changes: (): number => changes,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
