import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionSource,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { python, pythonLanguage } from '@codemirror/lang-python'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension, Prec, StateEffect, StateField } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { lint, type Problem } from './lint.ts'
import type { EditorSession } from './session.ts'
import { editorTexts, problemText } from './texts.ts'
import { appearance } from './theme.ts'
import { commandTyped, nameAt, type Word, wordsFitting } from './words.ts'

/** The line that failed when the command ran last; null where none did. */
export const markFailure = StateEffect.define<number | null>()

/** There is something new to check by. */
export const factsChanged = StateEffect.define<null>()

const failedLine = Decoration.line({ class: 'cm-failed' })

const failures = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, changes, newDoc }) {
    let next = marks.map(changes)
    for (const effect of effects) {
      if (!effect.is(markFailure)) continue
      const line = effect.value
      const isThere = line !== null && line >= 1 && line <= newDoc.lines
      next = isThere ? Decoration.set([failedLine.range(newDoc.line(line).from)]) : Decoration.none
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field),
})

/** What is known about a word. It is built by hand because the editor shows elements, and only as text. */
const wordElement = ({ name, detail, about, example }: Word): HTMLElement => {
  const place = document.createElement('div')
  place.className = 'bots-word'
  const add = (tag: string, text: string | undefined): void => {
    if (text === undefined || text === '') return
    const element = document.createElement(tag)
    element.textContent = text
    place.append(element)
  }
  add('code', detail || name)
  add('span', about)
  add('pre', example)
  return place
}

const KINDS: Readonly<Record<Word['kind'], string>> = {
  function: 'function',
  method: 'method',
  variable: 'variable',
  class: 'class',
  namespace: 'namespace',
  keyword: 'keyword',
}

const completionOf = (word: Word): Completion => ({
  label: word.name,
  type: KINDS[word.kind],
  ...(word.kind === 'variable' ? { detail: word.detail } : {}),
  ...(word.about === '' && word.detail === '' ? {} : { info: () => wordElement(word) }),
})

const completions =
  (session: EditorSession): CompletionSource =>
  ({ state, pos, explicit }) => {
    const { link } = session
    if (link === undefined) return null
    const line = state.doc.lineAt(pos)
    const before = line.text.slice(0, pos - line.from)
    const command = commandTyped(before)
    if (command !== undefined)
      return {
        from: pos - command.length,
        options: [...link.facts.commands].map((label) => ({ label, type: 'constant' })),
      }
    const { typed, words } = wordsFitting(link.words, before)
    if (words.length === 0 || (typed === 0 && !explicit && !before.endsWith('.'))) return null
    return { from: pos - typed, options: words.map(completionOf), validFor: /^\w*$/ }
  }

const hints = (session: EditorSession): Extension =>
  hoverTooltip(({ state }, pos) => {
    const line = state.doc.lineAt(pos)
    const name = nameAt(line.text, pos - line.from)
    const word = name === undefined ? undefined : session.link?.words.find((each) => each.name === name)
    if (word === undefined || (word.about === '' && word.detail === '')) return null
    return { pos, above: true, create: () => ({ dom: wordElement(word) }) }
  })

/** What is wrong in a text; the session is told, too. */
export const problemsIn = ({ link }: EditorSession, { doc }: EditorState): readonly Problem[] => {
  if (link === undefined) return []
  const code = doc.toString()
  const problems = lint(code, pythonLanguage.parser.parse(code), link.facts)
  link.onProblems(problems)
  return problems
}

const checks = (session: EditorSession): Extension =>
  linter(
    ({ state }): Diagnostic[] =>
      problemsIn(session, state).map((problem) => {
        const { from, to, severity } = problem
        const end = Math.max(to, Math.min(from + 1, state.doc.length))
        return { from, to: end, severity, message: problemText(problem) }
      }),
    {
      delay: 400,
      needsRefresh: ({ transactions }) =>
        transactions.some(({ effects }) => effects.some((each) => each.is(factsChanged))),
    },
  )

/** The key is taken, whether or not somebody listens. */
const told = (listener: (() => void) | undefined): true => {
  listener?.()
  return true
}

const keys = (session: EditorSession): Extension => [
  Prec.highest(
    keymap.of([
      { key: 'Mod-s', run: () => told(session.link?.onSave) },
      { key: 'Mod-Enter', run: () => told(session.link?.onRun) },
    ]),
  ),
  keymap.of([
    { key: 'Tab', run: acceptCompletion },
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...completionKeymap,
    ...lintKeymap,
    indentWithTab,
  ]),
]

/** Everything that the editor of a command can do. It asks the session, so that a state outlives its editor. */
export const commandExtensions = (session: EditorSession): Extension => [
  appearance(),
  keys(session),
  lineNumbers(),
  foldGutter(),
  lintGutter(),
  highlightSpecialChars(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  history(),
  drawSelection(),
  EditorState.allowMultipleSelections.of(true),
  EditorState.tabSize.of(4),
  indentUnit.of('    '),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  highlightSelectionMatches(),
  search({ top: true }),
  autocompletion({ icons: false }),
  python(),
  pythonLanguage.data.of({ autocomplete: completions(session) }),
  hints(session),
  checks(session),
  failures,
  EditorView.contentAttributes.of({ 'aria-label': editorTexts.now().code }),
  EditorView.updateListener.of(({ docChanged, state }) => {
    if (docChanged) session.link?.onText(state.doc.toString())
  }),
]
