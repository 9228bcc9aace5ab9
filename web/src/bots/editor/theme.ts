import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { locale } from '../../texts.ts'
import { RUSSIAN_PHRASES } from './texts.ts'

const look = EditorView.theme({
  '&': { blockSize: '100%', backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: 'var(--text-13)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--ink)', paddingBlock: 'var(--space-2)' },
  '.cm-cursor, .cm-dropCursor': { borderInlineStartColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection':
    { backgroundColor: 'var(--bots-soft)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in oklch, var(--sunken) 60%, transparent)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--faint)', border: 'none' },
  '.cm-matchingBracket': { backgroundColor: 'transparent', outline: '1px solid var(--control)' },
  '.cm-searchMatch': { backgroundColor: 'var(--cards-soft)', outline: '1px solid var(--cards)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--bots-soft)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--cards-soft)' },
  '.cm-line.cm-failed': { backgroundColor: 'var(--danger-soft)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--ink)' },
  '.cm-panels-top': { borderBlockEnd: '1px solid var(--line)' },
  '.cm-panel.cm-search': { fontFamily: 'var(--font)', paddingInlineEnd: 'var(--space-6)' },
  '.cm-textfield': {
    border: '1px solid var(--control)',
    borderRadius: 'var(--radius-chip)',
    background: 'var(--surface)',
    minBlockSize: '26px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    background: 'var(--surface)',
    border: '1px solid var(--control)',
    borderRadius: 'var(--radius-chip)',
    minBlockSize: '26px',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius-input)',
    boxShadow: 'var(--shadow)',
    color: 'var(--ink)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxBlockSize: '16em' },
  '.cm-tooltip-autocomplete ul li': { minBlockSize: '24px', padding: '2px var(--space-2)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--sunken)', color: 'var(--ink)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '650' },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-tooltip .bots-word': {
    padding: 'var(--space-2) var(--space-3)',
    maxInlineSize: '46ch',
    display: 'grid',
    gap: 'var(--space-2)',
  },
  '.bots-word code': { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.bots-word pre': {
    margin: '0',
    padding: 'var(--space-2)',
    background: 'var(--sunken)',
    borderRadius: 'var(--radius-chip)',
    whiteSpace: 'pre-wrap',
  },
  '.cm-diagnostic': { fontFamily: 'var(--font)', padding: 'var(--space-2) var(--space-3)' },
  '.cm-diagnostic-error': { borderInlineStart: '3px solid var(--danger)' },
  '.cm-diagnostic-warning': { borderInlineStart: '3px solid var(--warn)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--danger)' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warn)' },
  '.cm-changedLine': { backgroundColor: 'var(--ok-soft)' },
  '.cm-changedText': { background: 'none', borderBlockEnd: '2px solid var(--ok)' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft)' },
  '.cm-deletedChunk .cm-deletedText': { background: 'none', borderBlockEnd: '2px solid var(--danger)' },
  '.cm-deletedLine del, del.cm-deletedText': { textDecoration: 'none' },
})

const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword, tags.operatorKeyword],
    color: 'var(--bots)',
  },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ok)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--cards)' },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.propertyName),
      tags.definition(tags.function(tags.variableName)),
    ],
    color: 'var(--files)',
  },
  { tag: [tags.className, tags.definition(tags.className)], color: 'var(--files)', fontWeight: '540' },
  { tag: [tags.lineComment, tags.comment], color: 'var(--muted)', fontStyle: 'italic' },
])

/** The style sheets of the editor are added by script; the page's policy takes those that carry its nonce. */
const nonce = (): Extension => {
  const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')
  const value = meta?.nonce || meta?.content || ''
  return value === '' ? [] : EditorView.cspNonce.of(value)
}

/** How every editor here looks, in the colours of the page and the language of the reader. */
export const appearance = (): Extension => [
  nonce(),
  look,
  syntaxHighlighting(colours),
  EditorView.lineWrapping,
  locale() === 'ru' ? EditorState.phrases.of(RUSSIAN_PHRASES) : [],
]
