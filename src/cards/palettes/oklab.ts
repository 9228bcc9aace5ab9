import { type Hue, NAMED_COLORS } from './names.ts'

/** Red, green and blue of sRGB, 0 to 1 each. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** Lightness 0 to 1; a from green to red and b from blue to yellow, about -0.4 to 0.4. */
export type Oklab = readonly [lightness: number, a: number, b: number]

/** Red, green and blue as amounts of light, 0 to 1 each within sRGB. */
export type Light = readonly [red: number, green: number, blue: number]

export const toOklab = ([red, green, blue]: Rgb): Oklab =>
  lightToOklab([toLinear(red), toLinear(green), toLinear(blue)])

/** Outside of sRGB the nearest bounds are taken. */
export const fromOklab = (lab: Oklab): Rgb => {
  const [red, green, blue] = oklabToLight(lab)
  return [toGamma(red), toGamma(green), toGamma(blue)]
}

/** @see https://www.w3.org/TR/css-color-4/#color-conversion-code */
export const lightToOklab = ([red, green, blue]: Light): Oklab => {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

/** @returns Amounts below 0 or above 1 for a colour outside of sRGB. */
export const oklabToLight = ([lightness, a, b]: Oklab): Light => {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

/** Steps that look alike have about the same length everywhere; 0.02 is just noticeable. */
export const distance = (one: Oklab, other: Oklab): number =>
  Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])

/** What people would call a colour. */
export const hueOf = (lab: Oklab): Hue => {
  const chroma = Math.hypot(lab[1], lab[2])
  if (lab[0] < 0.25 && chroma < 0.06) return 'black'
  if (chroma < 0.012) return lab[0] > 0.93 ? 'white' : 'gray'
  const [, hue] = named().reduce(
    (best, { lab: at, hue }) => {
      const away = distance(lab, at)
      return away < best[0] ? ([away, hue] as const) : best
    },
    [Number.POSITIVE_INFINITY, 'gray'] as readonly [number, Hue],
  )
  return hue
}

/** @param hex Six digits after a `#`. */
export const fromHex = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1, 7), 16)
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255]
}

export const toHex = (rgb: Rgb): string =>
  `#${rgb
    .map((value) =>
      Math.round(clamp(value) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

export const clamp = (value: number): number => Math.min(Math.max(value, 0), 1)

const toLinear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

const toGamma = (value: number): number =>
  clamp(value <= 0.0031308 ? 12.92 * value : 1.055 * Math.abs(value) ** (1 / 2.4) - 0.055)

let cached: readonly { readonly lab: Oklab; readonly hue: Hue }[] | undefined
const named = () => {
  cached ??= [...NAMED_COLORS.values()].map(({ hex, hue }) => ({ lab: toOklab(fromHex(hex)), hue }))
  return cached
}
