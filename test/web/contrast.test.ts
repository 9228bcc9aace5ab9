import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { colorsIn, contrast, distance, type Light, seenBy, sights, type Theme } from './colors.ts'

const css = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const USUAL = css('src/platform/pages/colors.css')
const TOKENS = css('web/src/ui/styles/tokens.css')
const [, MORE = ''] = TOKENS.split(/:root\[data-contrast="more"\]/)

const GROUNDS = ['canvas', 'surface', 'sunken', 'raised'] as const
const SOFT = ['files-soft', 'bots-soft', 'cards-soft'] as const
const AREAS = ['files', 'bots', 'cards'] as const

/** What is written on what. The quietest inks stand on plain grounds only; of the soft ones each carries its own hue. */
const TEXT: readonly (readonly [ink: string, grounds: readonly string[]])[] = [
  ['ink', [...GROUNDS, ...SOFT, 'pressed']],
  ['muted', [...GROUNDS, ...SOFT, 'pressed']],
  ['faint', GROUNDS],
  ...['accent', 'danger', 'warn', 'ok'].map((ink) => [ink, [...GROUNDS, ...SOFT]] as const),
  ...AREAS.map((area) => [area, [...GROUNDS, `${area}-soft`]] as const),
  ['on-accent', ['accent']],
  ['canvas', ['ink']],
  // In the editor: what is selected, found, failed, and changed between versions.
  ...['ink', 'muted', 'bots', 'ok', 'cards', 'files'].map(
    (ink) => [ink, ['bots-soft', 'cards-soft', 'ok-soft', 'danger-soft']] as const,
  ),
]
/** What shows where a control is, or that the keyboard is there. */
const EDGES: readonly (readonly [edge: string, grounds: readonly string[]])[] = [
  ['control', GROUNDS],
  ['focus', [...GROUNDS, ...SOFT]],
]

const colors = (theme: Theme, isMore: boolean): ReadonlyMap<string, Light> => {
  const usual = colorsIn(USUAL, theme)
  return isMore ? colorsIn(MORE, theme, usual) : usual
}

const get = (all: ReadonlyMap<string, Light>, name: string): Light => {
  const color = all.get(name)
  assert.ok(color, `There is no colour --${name}.`)
  return color
}

/** Pairs that are closer than they may be, with their ratio. */
const tooClose = (all: ReadonlyMap<string, Light>, pairs: typeof TEXT, least: number): string[] =>
  pairs.flatMap(([name, grounds]) =>
    grounds.flatMap((ground) => {
      const ratio = contrast(get(all, name), get(all, ground))
      return ratio < least ? [`${name} on ${ground}: ${ratio.toFixed(2)}`] : []
    }),
  )

describe('colours', () => {
  for (const theme of ['light', 'dark'] as const) {
    it(`are at least 4.5:1 for text and 3:1 for edges (${theme})`, () => {
      const all = colors(theme, false)

      assert.deepEqual([...tooClose(all, TEXT, 4.5), ...tooClose(all, EDGES, 3)], [])
    })

    it(`are at least 7:1 for text and 4.5:1 for edges where more contrast is wanted (${theme})`, () => {
      const all = colors(theme, true)

      assert.deepEqual([...tooClose(all, TEXT, 7), ...tooClose(all, EDGES, 4.5)], [])
    })

    it(`of the areas differ for every kind of sight (${theme})`, () => {
      const all = colors(theme, false)
      const pairs = AREAS.flatMap((one, at) => AREAS.slice(at + 1).map((other) => [one, other] as const))

      const alike = pairs.flatMap(([one, other]) =>
        sights.flatMap((sight) => {
          const apart = distance(seenBy(sight, get(all, one)), seenBy(sight, get(all, other)))
          return apart < 8 ? [`${one} and ${other} (${sight}): ${apart.toFixed(1)}`] : []
        }),
      )

      assert.deepEqual(alike, [])
    })
  }

  it('are known to be unreadable where they are', () => {
    const [black, white, gray]: Light[] = [
      [0, 0, 0],
      [1, 1, 1],
      [0.5, 0.5, 0.5],
    ]

    assert.ok(black !== undefined && white !== undefined && gray !== undefined)
    assert.equal(contrast(black, white), 21)
    assert.deepEqual(
      tooClose(
        new Map([
          ['ink', gray],
          ['canvas', white],
        ]),
        [['ink', ['canvas']]],
        4.5,
      ),
      ['ink on canvas: 1.91'],
    )
  })

  it('are all of one list', () => {
    const written = [...(USUAL + TOKENS).matchAll(/oklch\(/g)].length
    const shades = 4

    // Two for each colour, and none that the parser does not see.
    const more = MORE.matchAll(/light-dark/g).toArray().length
    assert.equal(written - shades, 2 * (colorsIn(USUAL, 'light').size + more))
  })
})
