import type { Language } from '../../../../src/bots/host/language/contract.ts'
import type { LintFacts, Problem } from './lint.ts'
import type { Word } from './words.ts'

/** What the editor asks its surroundings while somebody types. */
export interface EditorLink {
  readonly facts: LintFacts
  /** Empty while the language is not known. */
  readonly words: readonly Word[]
  readonly language: Language | undefined
  readonly onText: (text: string) => void
  readonly onProblems: (problems: readonly Problem[]) => void
  readonly onSave: () => void
  readonly onRun: () => void
}

/** What outlives the editor of one command: how others were left, and whom to ask. */
export interface EditorSession {
  /** By command; opaque here, because what knows it comes late. */
  readonly states: Map<string, unknown>
  link: EditorLink | undefined
  /** Looks at once for what is wrong in the text that is shown; the editor itself waits for a pause. */
  check: () => readonly Problem[]
}

export const editorSession = (): EditorSession => ({ states: new Map(), link: undefined, check: () => [] })
