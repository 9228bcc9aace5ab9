import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseColor } from './color.ts'
import { HUES, NAMED_COLORS } from './names.ts'
import { distance, fromHex, fromOklab, hueOf, toHex, toOklab } from './oklab.ts'
import { MAX_COLORS, parsePalette } from './palette.ts'

describe('parseColor', () => {
  const cases: Record<string, string | undefined> = {
    '#0A7D5A': '#0a7d5a',
    '#0a7': '#00aa77',
    '#0a7d5a80': '#0a7d5a',
    '#f80c': '#ff8800',
    'rgb(255, 136, 0)': '#ff8800',
    'rgba(255 136 0 / 50%)': '#ff8800',
    'rgb(100% 0% 0%)': '#ff0000',
    'hsl(120, 100%, 25%)': '#008000',
    'hsl(0.5turn 100% 50%)': '#00ffff',
    'hsla(240deg, 100%, 50%, 0.2)': '#0000ff',
    'hwb(0 0% 0%)': '#ff0000',
    'hwb(0 60% 60%)': '#808080',
    'oklch(0.628 0.2577 29.23)': '#ff0000',
    'oklab(1 0 0)': '#ffffff',
    'lab(53.24% 80.09 67.2)': '#ff0001',
    'lch(100% 0 none)': '#ffffff',
    rebeccapurple: '#663399',
    Teal: '#008080',
    '#12345': undefined,
    'rgb(1 2)': undefined,
    'rgb(1 2 3 4 5)': undefined,
    'rgb(a b c)': undefined,
    cafe: undefined,
    face: undefined,
    '': undefined,
  }
  for (const [text, hex] of Object.entries(cases)) {
    it(`reads ${text || 'nothing'}`, () => {
      const read = parseColor(text)
      const isNear =
        read !== undefined && hex !== undefined && distance(toOklab(fromHex(read)), toOklab(fromHex(hex))) < 0.02

      assert.ok(hex === undefined ? read === undefined : isNear, String(read))
    })
  }
})

describe('hues', () => {
  it('calls a colour by the name that CSS has for it', () => {
    const wrong = HUES.filter((hue) => hueOf(toOklab(fromHex(NAMED_COLORS.get(hue)?.hex ?? ''))) !== hue)

    assert.deepEqual(wrong, [])
  })

  it('has every name of CSS', () => assert.equal(NAMED_COLORS.size, 148))

  it('goes to OKLab and back', () => {
    for (const { hex } of NAMED_COLORS.values()) assert.equal(toHex(fromOklab(toOklab(fromHex(hex)))), hex)
  })
})

describe('parsePalette', () => {
  it('keeps the labels', () => {
    const colors = parsePalette('Primary: #0a7d5a\n--accent: #f80;\n#1b1b1f ink')

    assert.deepEqual(colors, [
      { hex: '#0a7d5a', name: 'Primary' },
      { hex: '#ff8800', name: '--accent' },
      { hex: '#1b1b1f', name: 'ink' },
    ])
  })

  it('keeps each colour once, and twelve of them', () => {
    const many = Array.from({ length: 30 }, (_, index) => `#0000${(index + 16).toString(16)}`).join(' ')

    assert.equal(parsePalette(`${many} ${many}`)?.length, MAX_COLORS)
    assert.equal(parsePalette('#ff8800 #FF8800 #f80')?.length, 1)
  })
})
