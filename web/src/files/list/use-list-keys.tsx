import type { RefObject } from 'react'
import { type Action, useActions } from '../../app/actions.ts'
import { undoLast } from '../changes.ts'
import type { Entry } from '../entry.ts'
import { filesTexts } from '../texts.ts'
import type { Selection } from './use-selection.ts'
import { type Act, canDo, useVerbNames, type Verb, verbIcon } from './verbs.tsx'

const KEYS: readonly (readonly [Verb, string])[] = [
  ['rename', 'e'],
  ['details', 'i'],
  ['share', 's'],
  ['move', 'm'],
  ['copy', 'c'],
  ['download', 'd'],
  ['trash', '#'],
]

/** The shortcuts of a list of files, which are also in the command palette. */
export const useListKeys = (list: {
  readonly selection: Selection
  readonly entryAt: (row: number) => Entry | undefined
  readonly act: Act
  readonly scroller: RefObject<HTMLElement | null>
  readonly field: RefObject<HTMLInputElement | null>
  readonly newFolder: () => void
  readonly mayChange: boolean
  /** While a file is shown full window, the keys are its. */
  readonly isOff: boolean
}): void => {
  const t = filesTexts.use()
  const names = useVerbNames()
  const { selection, entryAt, act, scroller, field, newFolder, mayChange, isOff } = list
  const at = entryAt(selection.at)
  const entries = selection.chosen.size > 0 ? [...selection.chosen.values()] : at === undefined ? [] : [at]
  const go = (step: number): void => {
    scroller.current?.focus()
    selection.goTo(selection.at + step)
  }
  const verbs: Action[] = KEYS.map(([verb, keys]) => ({
    id: `files.${verb}`,
    name: names[verb],
    keys,
    area: 'files',
    icon: verbIcon(verb),
    isDisabled: isOff || !canDo(verb, entries, mayChange),
    run: () => act(verb, entries),
  }))
  const moves: Action[] = [
    { id: 'files.next', name: t.keyNext, keys: 'j', inPalette: false, isDisabled: isOff, run: () => go(1) },
    { id: 'files.previous', name: t.keyPrevious, keys: 'k', inPalette: false, isDisabled: isOff, run: () => go(-1) },
    {
      id: 'files.select',
      name: t.keySelect,
      keys: 'x',
      inPalette: false,
      isDisabled: isOff || at === undefined,
      run: () => selection.toggle(selection.at),
    },
  ]
  useActions([
    ...moves,
    ...verbs,
    {
      id: 'files.search',
      name: t.search,
      keys: '/',
      area: 'files',
      isDisabled: isOff,
      run: () => field.current?.focus(),
    },
    {
      id: 'files.new-folder',
      name: t.newFolder,
      keys: 'n',
      area: 'files',
      isDisabled: isOff || !mayChange,
      run: newFolder,
    },
    { id: 'files.undo', name: t.keyUndo, keys: 'z', area: 'files', run: () => void undoLast() },
  ])
}
