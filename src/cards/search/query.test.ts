import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQuery } from './query.ts'

const shown = (text: string): string | undefined => {
  const query = parseQuery(text)
  if (query === undefined) return undefined
  const print = (sign: string) => (term: { words: readonly string[]; prefix: boolean }) =>
    `${sign}${term.words.join('_')}${term.prefix ? '*' : ''}`
  return [...query.wanted.map(print('+')), ...query.unwanted.map(print('-'))].join(' ')
}

describe('parseQuery', () => {
  const cases: Record<string, string | undefined> = {
    'lentil soup': '+lentil +soup*',
    'lentil soup ': '+lentil +soup*',
    '"lentil soup"': '+lentil_soup',
    '"lentil sou': '+lentil_sou*',
    'soup -meat': '+soup -meat',
    'soup -"red meat" spicy': '+soup +spicy* -red_meat',
    '-meat': '-meat',
    'soup l': '+soup +l',
    'well-known it’s': '+well_known +it_s',
    'soup OR NEAR(stew)': '+soup +or +near_stew*',
    'soup soup soup': '+soup +soup*',
    'title:soup*': '+title_soup*',
    '': undefined,
    '  *** "" - ( ^': undefined,
  }
  for (const [text, query] of Object.entries(cases)) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(shown(text), query))
  }
})
