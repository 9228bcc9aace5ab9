import { plural } from '../texts.ts'

/** `1 card`, `2 cards`: `#` stands for the number. */
export const en = (n: number, one: string, other: string): string => plural('en', n, { one, other })

/** The same in Russian, which has three forms. */
export const ru = (n: number, one: string, few: string, many: string): string =>
  plural('ru', n, { one, few, many, other: many })
