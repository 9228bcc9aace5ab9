import type { Json } from '../sandbox/index.ts'
import { parseLiteral } from './python-literal.ts'

const ASSIGNMENT = /^\s*([A-Za-z_]\w*)\s*=\s*(.*)$/
const MAX_LINES = 2_000

/**
 * The globals that a `.env` command defines: one `KEY = value` a line, Python literals where they are some and text
 * where not, `#` comments, lists and dicts over several lines. Keys that begin with `__` are left out.
 */
export const parseEnv = (source: string): { [name: string]: Json } => {
  const found: { [name: string]: Json } = {}
  const lines = source.split(/\r?\n/).slice(0, MAX_LINES)
  for (let at = 0; at < lines.length; at += 1) {
    const [, key = '', first = ''] = ASSIGNMENT.exec(lines[at] ?? '') ?? []
    if (key === '' || key.startsWith('__')) continue
    let text = first
    while (parseLiteral(text) === undefined && isOpen(text) && at + 1 < lines.length) {
      at += 1
      text += `\n${lines[at]}`
    }
    const value = parseLiteral(text)
    found[key] = value === undefined ? plainText(text) : value.value
  }
  return found
}

/** It begins like a list or a dict, and has more brackets that open than close. */
const isOpen = (text: string): boolean =>
  /^\s*[[{(]/.test(text) && (text.match(/[[{(]/g)?.length ?? 0) > (text.match(/[\]})]/g)?.length ?? 0)

/** A comment begins behind a space: `#` may be part of an address or a colour. */
const plainText = (text: string): string => text.replace(/(^|\s)#.*$/s, '').trim()
