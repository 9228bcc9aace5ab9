import { useSyncExternalStore } from 'react'
import { LANGUAGES } from '../../src/accounts/preferences/contract.ts'
import { isMirrored, mirrorAll } from './mirrored.ts'

export const LOCALES = LANGUAGES
export type Locale = (typeof LOCALES)[number]

const listeners = new Set<() => void>()

const isLocale = (text: string): text is Locale => LOCALES.some((locale) => locale === text)

const guess = (): Locale => navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? 'en'

let current: Locale = guess()
document.documentElement.lang = current
if (isMirrored) document.documentElement.dir = 'rtl'

export const locale = (): Locale => current

/** @param wanted The browser's own choice unless told. */
export const setLocale = (wanted: Locale = guess()): void => {
  if (wanted === current) return
  current = wanted
  document.documentElement.lang = wanted
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useLocale = (): Locale => useSyncExternalStore(subscribe, locale)

type Text = string | ((...values: never[]) => string)
type Same<T> = {
  readonly [K in keyof T]: T[K] extends (...values: infer V) => string ? (...values: V) => string : string
}

export interface Catalogue<T> {
  /** The texts in the reader's language; for components. */
  use(): Same<T>
  /** The same, outside components. */
  now(): Same<T>
}

/**
 * The words of one part of the UI, in every language. A text that counts or names something is a function.
 *
 * @example const texts = catalogue({ en: { files: (n: number) => plural('en', n, { one: '# file', other: '# files' }) }, ru: … })
 */
export const catalogue = <const T extends Readonly<Record<string, Text>>>(
  all: { readonly en: T } & Readonly<Record<Exclude<Locale, 'en'>, Same<T>>>,
): Catalogue<T> => {
  const shown = isMirrored ? { en: mirrorAll(all.en), ru: mirrorAll(all.ru) } : all
  return {
    use: () => shown[useLocale()] as Same<T>,
    now: () => shown[current] as Same<T>,
  }
}

/** @param forms By plural category; `#` is the number. @see https://cldr.unicode.org/index/cldr-spec/plural-rules */
export const plural = (
  language: Locale,
  count: number,
  forms: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string },
): string => {
  const form = forms[new Intl.PluralRules(language).select(count)] ?? forms.other
  return form.replace('#', new Intl.NumberFormat(language).format(count))
}

/** `115 bytes`, `3.2 MB`, in the reader's language. */
export const formatBytes = (bytes: number): string => {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const unit = units[step] ?? 'byte'
  return new Intl.NumberFormat(current, {
    style: 'unit',
    unit,
    // English has no short plural of the first one: it would be `5 byte`.
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step)
}

const SPANS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** `5 minutes ago`. */
export const formatAgo = (iso: string, now = Date.now()): string => {
  const seconds = Math.round((Date.parse(iso) - now) / 1000)
  const format = new Intl.RelativeTimeFormat(current, { numeric: 'auto' })
  for (const [unit, length] of SPANS)
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit)
  return format.format(0, 'second')
}

export const formatDate = (iso: string): string =>
  new Intl.DateTimeFormat(current, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))
