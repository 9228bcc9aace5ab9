import * as oklab from '../../src/cards/palettes/oklab.ts'

/** Red, green and blue as light, 0 to 1; what lies outside sRGB is cut off, as screens do. */
export type Light = oklab.Light

const oklchToLight = (lightness: number, chroma: number, hue: number): Light => {
  const angle = (hue * Math.PI) / 180
  const [red, green, blue] = oklab.oklabToLight([lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)])
  return [oklab.clamp(red), oklab.clamp(green), oklab.clamp(blue)]
}

/** How far apart two colours are for the eye; about 2 is the least that is seen side by side. */
export const distance = (one: Light, other: Light): number =>
  100 * oklab.distance(oklab.lightToOklab(one), oklab.lightToOklab(other))

/** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export const contrast = (one: Light, other: Light): number => {
  const of = ([red, green, blue]: Light): number => 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
  return Math.max(of(one), of(other)) / Math.min(of(one), of(other))
}

/** What light becomes for eyes that lack one kind of cones. @see https://doi.org/10.1109/TVCG.2009.113 */
const SIGHTS = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const
export type Sight = keyof typeof SIGHTS
export const sights = Object.keys(SIGHTS) as Sight[]

export const seenBy = (sight: Sight, [red, green, blue]: Light): Light => {
  const [r, g, b] = SIGHTS[sight].map(([x, y, z]) => oklab.clamp(x * red + y * green + z * blue))
  return [r ?? 0, g ?? 0, b ?? 0]
}

export type Theme = 'light' | 'dark'

const OKLCH = String.raw`oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`
const DECLARATION = new RegExp(
  String.raw`--([\w-]+): light-dark\(${OKLCH}, ${OKLCH}\);|--([\w-]+): var\(--([\w-]+)\);`,
  'g',
)

/** The colours that a list of declarations names, as one theme has them; `known` are those it can refer to. */
export const colorsIn = (css: string, theme: Theme, known: ReadonlyMap<string, Light> = new Map()) => {
  const colors = new Map(known)
  for (const [, name, ...found] of css.matchAll(DECLARATION)) {
    const [lightness, chroma, hue] = found.slice(theme === 'light' ? 0 : 3).map(Number)
    const [alias, target] = found.slice(6)
    if (name !== undefined) colors.set(name, oklchToLight(lightness ?? 0, chroma ?? 0, hue ?? 0))
    const referred = known.get(target ?? '')
    if (alias !== undefined && referred !== undefined) colors.set(alias, referred)
  }
  return colors
}
