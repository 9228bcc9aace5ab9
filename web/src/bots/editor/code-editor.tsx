import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { commandExtensions, factsChanged, markFailure, problemsIn } from './extensions.ts'
import type { EditorSession } from './session.ts'

export interface CodeEditorProps {
  readonly session: EditorSession
  /** Whose text it is. */
  readonly docId: string
  /** What it begins with; what is typed afterwards goes to `session.link`. */
  readonly text: string
  /** The line that failed, 1-based. */
  readonly failedLine: number | undefined
  /** The line to show; another object goes there again. */
  readonly goTo: { readonly line: number } | undefined
  /** Changes when there is something new to check by: the language, the commands. */
  readonly facts: string
}

const keptState = ({ session, docId, text }: CodeEditorProps): EditorState => {
  const kept = session.states.get(docId)
  if (kept instanceof EditorState && kept.doc.toString() === text) return kept
  return EditorState.create({ doc: text, extensions: commandExtensions(session) })
}

/** The editor of one command. To show another text of it, give it another key. */
const CodeEditor = (props: CodeEditorProps) => {
  const { session, docId, failedLine, goTo, facts } = props
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const first = useRef(props)

  useEffect(() => {
    const parent = place.current
    if (parent === null) return
    const made = new EditorView({ parent, state: keptState(first.current) })
    view.current = made
    session.check = () => problemsIn(session, made.state)
    return () => {
      session.states.set(docId, made.state)
      session.check = () => []
      made.destroy()
    }
  }, [session, docId])

  useEffect(() => {
    view.current?.dispatch({ effects: markFailure.of(failedLine ?? null) })
  }, [failedLine])

  // biome-ignore lint/correctness/useExhaustiveDependencies: new facts are a reason to look again.
  useEffect(() => {
    view.current?.dispatch({ effects: factsChanged.of(null) })
  }, [facts])

  useEffect(() => {
    const now = view.current
    if (now === null || goTo === undefined) return
    const line = now.state.doc.line(Math.min(Math.max(1, goTo.line), now.state.doc.lines))
    now.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
    now.focus()
  }, [goTo])

  return <div ref={place} className="workshop-code" />
}

export default CodeEditor
