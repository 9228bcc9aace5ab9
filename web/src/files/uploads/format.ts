import { locale } from '../../texts.ts'

const part = (value: number, unit: 'second' | 'minute' | 'hour'): string =>
  new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'short' }).format(value)

/** `12 sec`, `3 min`, `2 hr`: as exact as anybody wants to know. */
export const formatSpan = (seconds: number): string => {
  if (seconds < 60) return part(Math.max(1, Math.ceil(seconds)), 'second')
  if (seconds < 3_600) return part(Math.ceil(seconds / 60), 'minute')
  return part(Math.ceil(seconds / 3_600), 'hour')
}

export const formatPercent = (value: number): string =>
  new Intl.NumberFormat(locale(), { style: 'percent' }).format(Math.floor(value * 100) / 100)
