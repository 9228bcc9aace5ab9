import { python } from '@codemirror/lang-python'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { editorTexts } from './texts.ts'
import { appearance } from './theme.ts'

/** What changed from one code to another, line by line; for reading. */
const DiffView = ({ before, after }: { readonly before: string; readonly after: string }) => {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const parent = place.current
    if (parent === null) return
    const extensions = [
      appearance(),
      lineNumbers(),
      python(),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': editorTexts.now().code }),
      unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
    ]
    const view = new EditorView({ parent, state: EditorState.create({ doc: after, extensions }) })
    return () => view.destroy()
  }, [before, after])
  return <div ref={place} className="workshop-diff" />
}

export default DiffView
