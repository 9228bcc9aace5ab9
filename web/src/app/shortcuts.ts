import { useEffect } from 'react'
import { actionByKeys, allKeys, characterKeys, isMac, runAction } from './actions.ts'
import { chordOf, isCharacterKey, keySequence } from './keys.ts'

/** Where letters belong to what is typed or looked for by them. */
const TAKES_LETTERS =
  'input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable=true], [role=menu], [role=listbox], .cm-editor'

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(TAKES_LETTERS) !== null

/** Messages are dialogs of their own kind, which take nothing from the page. */
const isInDialog = (): boolean =>
  document.querySelector('[role=dialog], [role=alertdialog]:not([aria-modal=false])') !== null

/** Listens for the keys of every action; once, in the frame. */
export const useShortcuts = (): void => {
  useEffect(() => {
    const sequence = keySequence()
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return
      const chord = chordOf(event, isMac)
      if (isCharacterKey(chord) && (isWriting(event.target) || !characterKeys())) return
      const { complete, wait } = sequence.press(chord, allKeys(), performance.now())
      const action = complete === undefined ? undefined : actionByKeys(complete)
      if (action === undefined) {
        if (wait) event.preventDefault()
        return
      }
      if (isInDialog() && action.inDialogs !== true) return
      event.preventDefault()
      runAction(action.id)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
