import { useEffect, useRef, useSyncExternalStore } from 'react'
import { isCharacterKey, showKeys } from './keys.ts'
import { preferenceOf } from './preferences.ts'
import { type Action, actionRegistry } from './registry.ts'

export { type Action, type AreaName, findActions } from './registry.ts'

const registry = actionRegistry()

export const isMac = /Mac|iP(?:hone|ad)/.test(navigator.platform)

/**
 * Offers actions while the component is on the page: in the command palette, by their keys, and in the list of keys.
 * The list may be made anew in every render. The component that came last wins where keys are the same, so a page's
 * `n` and `/` take the place of the frame's.
 *
 * @example useActions([{ id: 'files.new-folder', name: t.newFolder, keys: 'n', area: 'files', run: () => setNaming(true) }])
 */
export const useActions = (actions: readonly Action[], isFrame = false): void => {
  const layer = useRef({})
  useEffect(() => registry.put(layer.current, actions, isFrame))
  useEffect(() => {
    const mine = layer.current
    return () => registry.remove(mine)
  }, [])
}

/** Everything that can be done now. */
export const useAllActions = (): readonly Action[] => useSyncExternalStore(registry.subscribe, registry.all)

export const runAction = (id: string): boolean => registry.run(id)
export const actionByKeys = (keys: string): Action | undefined => registry.byKeys(keys)
export const allKeys = (): ReadonlySet<string> => registry.keys()

/** The keys of an action as a menu shows them. */
export const shownKeys = (action: Pick<Action, 'keys'>): string | undefined =>
  action.keys === undefined || (isCharacterKey(action.keys) && !characterKeys())
    ? undefined
    : showKeys(action.keys, isMac)

/** Whether keys without Control or Command do something. @see https://www.w3.org/WAI/WCAG22/Understanding/character-key-shortcuts */
export const characterKeys = (): boolean => preferenceOf('letter_keys') ?? true
