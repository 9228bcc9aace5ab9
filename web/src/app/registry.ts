import type { ReactNode } from 'react'

export type AreaName = 'files' | 'bots' | 'cards'

/** Something that a person can do now: from it come the command palette, the shortcuts and their list. */
export interface Action {
  /** `files.new-folder`: as a command of the CLI would be called. */
  readonly id: string
  /** What it does, in the reader's language: a verb first. */
  readonly name: string
  /** The heading that it stands under in the palette; the page's own name where it is left out. */
  readonly group?: string
  /** `n`, `g f`, `mod+enter`, `shift+j`, `?`; see keys.ts. */
  readonly keys?: string
  readonly icon?: ReactNode
  readonly area?: AreaName
  /** Other words that it should be found by. */
  readonly words?: string
  /** False keeps it out of the palette: a key that only moves the focus is no command. Default true. */
  readonly inPalette?: boolean
  /** Whether its keys work while a dialog or sheet has the focus. Default false. */
  readonly inDialogs?: boolean
  readonly isDisabled?: boolean
  readonly run: () => void
}

const shownOf = (actions: readonly Action[]): string =>
  JSON.stringify(
    actions.map(({ id, name, keys, group, isDisabled, inPalette }) => [id, name, keys, group, isDisabled, inPalette]),
  )

/** What every mounted part offers. A part that came later wins where two have the same id or the same keys. */
export const actionRegistry = () => {
  const layers = new Map<object, readonly Action[]>()
  const frames = new WeakSet<object>()
  const listeners = new Set<() => void>()
  let all: readonly Action[] = []

  // The frame is mounted after the page in it, and still gives way to it.
  const offered = (): Action[] => {
    const entries = [...layers].sort(([a], [b]) => Number(frames.has(b)) - Number(frames.has(a)))
    return entries.flatMap(([, actions]) => actions)
  }

  const changed = (): void => {
    const byId = new Map<string, Action>()
    for (const action of offered()) {
      byId.delete(action.id)
      byId.set(action.id, action)
    }
    all = [...byId.values()]
    for (const listener of listeners) listener()
  }

  return {
    /** Newer functions replace older ones silently; listeners hear of it when there is something new to show. */
    put(layer: object, actions: readonly Action[], isFrame = false): void {
      const before = layers.get(layer)
      if (isFrame) frames.add(layer)
      layers.set(layer, actions)
      if (before === undefined || shownOf(before) !== shownOf(actions)) changed()
    },
    remove(layer: object): void {
      if (layers.delete(layer)) changed()
    },
    /** What can be done now, in the order of arrival. Stays the same array until something shown changes. */
    all: (): readonly Action[] => all,
    /** Does it, with the newest function of its part. @returns Whether there was such an action. */
    run(id: string): boolean {
      const found = offered().findLast((action) => action.id === id)
      if (found === undefined || found.isDisabled === true) return false
      found.run()
      return true
    },
    byKeys: (keys: string): Action | undefined =>
      all.findLast((action) => action.keys === keys && action.isDisabled !== true),
    keys: (): ReadonlySet<string> =>
      new Set(all.flatMap(({ keys, isDisabled }) => (keys === undefined || isDisabled === true ? [] : [keys]))),
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** How well what was typed fits a text: 0 not at all; the beginning of a word counts more than its middle. */
export const fits = (text: string, typed: string): number => {
  const lower = text.toLowerCase()
  let sum = 0
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = lower.indexOf(word)
    if (at < 0) return 0
    sum += at === 0 ? 4 : /[\s\-/.,:(]/.test(lower[at - 1] ?? '') ? 3 : 1
  }
  return sum === 0 ? 1 : sum
}

/** The actions that fit, best first; all of them while nothing is typed. */
export const findActions = (actions: readonly Action[], typed: string): Action[] =>
  actions
    .filter(({ inPalette, isDisabled }) => inPalette !== false && isDisabled !== true)
    .map((action) => ({ action, score: fits(`${action.name} ${action.words ?? ''} ${action.group ?? ''}`, typed) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ action }) => action)
