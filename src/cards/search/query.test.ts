import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Node } from './node.ts'
import { parseQuery } from './query.ts'

const CALENDAR = { nowMs: Date.parse('2026-05-20T12:00:00Z'), timeZone: 'UTC' }

const print = (node: Node): string => {
  if (node.is === 'words')
    return `${node.field ? `${node.field}:` : ''}${node.words.join('_')}${node.prefix ? '*' : ''}`
  if (node.is === 'not') return `-${print(node.of[0])}`
  if (node.is !== 'filter') return `(${node.of.map(print).join(node.is === 'all' ? ' ' : ' | ')})`
  const { by, ...rest } = node.filter
  return `<${[by, ...Object.values(rest).map((value) => (Array.isArray(value) ? value.join('+') : (value ?? '…')))].join(' ')}>`
}

const shown = (text: string): string | undefined => {
  const query = parseQuery(text, CALENDAR)
  if (query === undefined) return undefined
  return `${print(query.root).replace(/^\((.*)\)$/, '$1')}${query.scope === 'live' ? '' : ` in ${query.scope}`}`
}

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`)

describe('parseQuery', () => {
  const cases: Record<string, string | undefined> = {
    'lentil soup': 'lentil soup*',
    'lentil soup ': 'lentil soup*',
    '"lentil soup"': 'lentil_soup',
    '"lentil sou': 'lentil_sou*',
    '“lentil soup”': 'lentil_soup',
    'soup -meat': 'soup -meat',
    'soup NOT meat': 'soup -meat',
    'soup -"red meat" spicy': 'soup -red_meat spicy*',
    '-meat': '-meat',
    'soup l': 'soup l',
    'sou* lentil': 'sou* lentil*',
    'well-known it’s': 'well_known it_s',
    'soup OR stew': 'soup | stew*',
    'soup | stew': 'soup | stew*',
    'soup AND stew': 'soup stew*',
    'soup or stew': 'soup or stew*',
    'hot (soup OR stew) -meat': 'hot (soup | stew) -meat',
    'hot -(soup OR stew)': 'hot -(soup | stew)',
    '(a OR (b c)) d': '(a | (b c)) d',
    '(soup': 'soup*',
    'soup)': 'soup*',
    'OR soup': 'soup*',
    'soup OR': 'soup',
    NOT: 'not',
    'soup NEAR(stew)': 'soup near_stew*',
    'soup soup soup': 'soup soup*',
    'title:soup*': 'title:soup*',
    'title:"lentil soup" hot': 'title:lentil_soup hot*',
    'scope:soup': 'scope_soup*',
    'constructor:soup': 'constructor_soup*',
    'https://example.org': 'https_example_org*',
    'type:link': '<type link>',
    'type:image,video': '<type image+video>',
    'type:notes': '<type text>',
    'type:banana': 'type_banana*',
    '-type:link soup': '-<type link> soup*',
    'tag:Soup': '<tag soup>',
    'tag:"To Do"': '<tag to do>',
    'tag:a,b': '<tag a> | <tag b>',
    'is:favorite': '<favorite true>',
    'is:favourite': '<favorite true>',
    '-is:fav': '-<favorite true>',
    'is:trashed': ' in trash',
    'in:trash soup': 'soup* in trash',
    'in:everywhere soup': 'soup* in everywhere',
    'is:untagged': '-<has tag>',
    'is:image': '<type image>',
    'has:file': '<has file>',
    'has:notes': '<has note>',
    'has:wings': 'has_wings*',
    'size:>10mb': '<size 10485761 …>',
    'size:<=1.5k': '<size … 1536>',
    'size:1kb..2kb': '<size 1024 2048>',
    'size:big': 'size_big*',
    'color:#f80': '<color #ff8800 …>',
    'color:ff8800': '<color #ff8800 …>',
    'color:Teal': '<color #008080 teal>',
    'color:rebeccapurple': '<color #663399 …>',
    'colour:grey': '<color #808080 gray>',
    'color:"rgb(255 136 0)"': '<color #ff8800 …>',
    'color:soup': 'color_soup*',
    cafe: 'cafe*',
    'face tan': 'face tan*',
    'red gold bed': 'red gold bed*',
    'before:2025-02-01': `<created … ${at('2025-02-01')}>`,
    'after:2025-02-01': `<created ${at('2025-02-01')} …>`,
    'until:2025-02': `<created … ${at('2025-03-01')}>`,
    'on:yesterday': `<created ${at('2026-05-19')} ${at('2026-05-20')}>`,
    'on:"last 7 days"': `<created ${at('2026-05-14')} ${at('2026-05-21')}>`,
    'on:last-7-days': `<created ${at('2026-05-14')} ${at('2026-05-21')}>`,
    'on:2025-01..2025-03': `<created ${at('2025-01-01')} ${at('2025-04-01')}>`,
    'on:someday': 'on_someday*',
    'feedback this week': `feedback (<created ${at('2026-05-18')} ${at('2026-05-25')}> | (this week*))`,
    yesterday: `<created ${at('2026-05-19')} ${at('2026-05-20')}> | yesterday*`,
    '"yesterday"': 'yesterday',
    'may day': 'may day*',
    'iso 2025': 'iso 2025*',
    '': undefined,
    '  *** "" - ( ^': undefined,
    ':)': undefined,
  }
  for (const [text, query] of Object.entries(cases)) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(shown(text), query))
  }

  it('takes every string', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void parseQuery(text, CALENDAR)))
  })

  it('takes strings made to be hard', () => {
    const parts = ['(', ')', '((a ', '-', '-(', '"', 'a OR ', 'NOT ', 'tag:', 'tag:"', '*', 'last ', 'color:rgb(', '“a']

    for (const part of parts) parseQuery(part.repeat(1_000_000 / part.length), CALENDAR)
  })
})
