import { NAMED_COLORS } from './names.ts'
import { clamp, fromOklab, type Rgb, toHex } from './oklab.ts'

/** A colour as a card keeps it: lower case, six digits after a `#`; how far it lets through is left out. */
export type Hex = string

const HEX = /^#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})$/i
const CALL = /^(rgb|hsl|hwb|oklab|oklch|lab|lch)a?\(([^()]{3,100})\)$/i
const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?)(%|deg|rad|turn|grad)?$/i

/**
 * Reads one colour of CSS: `#0a7d5a`, `#0a7`, `rgb(10 125 90 / 20%)`, `hsl(200, 50%, 40%)`, `oklch(0.7 0.1 200)`,
 * `lab(…)`, `lch(…)`, `hwb(…)`, `oklab(…)`, `rebeccapurple`.
 *
 * @returns undefined for everything else.
 */
export const parseColor = (text: string): Hex | undefined => {
  if (HEX.test(text)) return longHex(text.toLowerCase())
  const call = CALL.exec(text)
  if (call !== null) return parseCall((call[1] ?? '').toLowerCase(), call[2] ?? '')
  return NAMED_COLORS.get(text.toLowerCase())?.hex
}

const longHex = (hex: string): Hex =>
  hex.length > 5 ? hex.slice(0, 7) : `#${[...hex.slice(1, 4)].map((digit) => digit + digit).join('')}`

type Space = 'rgb' | 'hsl' | 'hwb' | 'oklab' | 'oklch' | 'lab' | 'lch'

const parseCall = (space: string, inside: string): Hex | undefined => {
  const parts = inside.trim().split(/\s*[,/]\s*|\s+/)
  if (parts.length < 3 || parts.length > 4) return undefined
  const values = parts.map(parseNumber)
  const [one, two, three] = values
  if (one === undefined || two === undefined || three === undefined || values.includes(undefined)) return undefined
  return toHex(SPACES[space as Space](one, two, three))
}

interface Quantity {
  readonly value: number
  readonly unit: string
}

const parseNumber = (text: string): Quantity | undefined => {
  if (text.toLowerCase() === 'none') return { value: 0, unit: '' }
  const match = NUMBER.exec(text)
  return match === null ? undefined : { value: Number(match[1]), unit: (match[2] ?? '').toLowerCase() }
}

/** @param whole What 100% is. */
const scaled = ({ value, unit }: Quantity, whole: number): number => (unit === '%' ? (value / 100) * whole : value)

const TURN: Readonly<Record<string, number>> = { rad: 180 / Math.PI, turn: 360, grad: 0.9 }
const degrees = ({ value, unit }: Quantity): number => (((value * (TURN[unit] ?? 1)) % 360) + 360) % 360

const percent = ({ value }: Quantity): number => clamp(value / 100)

const SPACES: Readonly<Record<Space, (one: Quantity, two: Quantity, three: Quantity) => Rgb>> = {
  rgb: (r, g, b) => [scaled(r, 255) / 255, scaled(g, 255) / 255, scaled(b, 255) / 255],
  hsl: (h, s, l) => fromHsl(degrees(h), percent(s), percent(l)),
  hwb: (h, w, b) => {
    const [white, black] = [percent(w), percent(b)]
    const rest = Math.max(0, 1 - white - black)
    const over = Math.max(1, white + black)
    return fromHsl(degrees(h), 1, 0.5).map((value) => (value * rest + white) / over) as unknown as Rgb
  },
  oklab: (l, a, b) => fromOklab([scaled(l, 1), scaled(a, 0.4), scaled(b, 0.4)]),
  oklch: (l, c, h) => fromOklab(polar(scaled(l, 1), scaled(c, 0.4), degrees(h))),
  lab: (l, a, b) => fromLab(scaled(l, 100), scaled(a, 125), scaled(b, 125)),
  lch: (l, c, h) => fromLab(...polar(scaled(l, 100), scaled(c, 150), degrees(h))),
}

const polar = (lightness: number, chroma: number, hue: number): [number, number, number] => {
  const angle = (hue * Math.PI) / 180
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)]
}

const fromHsl = (hue: number, saturation: number, lightness: number): Rgb => {
  const part = (offset: number): number => {
    const k = (offset + hue / 30) % 12
    return lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))
  }
  return [part(0), part(8), part(4)]
}

/** CIE Lab, of white D50, by way of XYZ to sRGB. @see https://www.w3.org/TR/css-color-4/#color-conversion-code */
const fromLab = (lightness: number, a: number, b: number): Rgb => {
  const fy = (lightness + 16) / 116
  const back = (f: number): number => (f ** 3 > 216 / 24389 ? f ** 3 : (116 * f - 16) / (24389 / 27))
  const [x, y, z] = [back(fy + a / 500) * 0.9642956764, back(fy), back(fy - b / 200) * 0.8251046025]
  const linear = [
    3.1341358529 * x - 1.6173863321 * y - 0.490661946 * z,
    -0.9787954765 * x + 1.9162543774 * y + 0.0334427307 * z,
    0.0719553798 * x - 0.2289767598 * y + 1.4053860351 * z,
  ]
  return linear.map((v) => clamp(v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)) as unknown as Rgb
}
