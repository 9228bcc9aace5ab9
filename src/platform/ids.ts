import { randomBytes, randomInt } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

let lastMs = 0
let sequence = 0

/**
 * A time-ordered id: `card_0PkQ…`, 22 characters behind the prefix. Ids made by one process sort in the order in
 * which they were made, so primary keys stay local in the index. They tell when a row was made and are never secrets.
 */
export const newId = (prefix: string): string => {
  const nowMs = Math.max(Date.now(), lastMs)
  sequence = nowMs === lastMs ? sequence + 1 : randomInt(0, 4096)
  lastMs = nowMs
  return `${prefix}_${toBase62(BigInt(nowMs), 8)}${toBase62(BigInt(sequence), 3)}${randomBase62(11)}`
}

/** @returns `length` characters of `[0-9A-Za-z]`, each drawn without bias from the system's secure source. */
export const randomBase62 = (length: number): string => {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      // 248 is the largest multiple of 62 that fits a byte: taking more would favour the first letters.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62]
    }
  }
  return text
}

/** @returns `value` in base 62, left-padded with zeros to `width`, so that text order is number order. */
export const toBase62 = (value: bigint, width: number): string => {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text
  return text.padStart(width, '0')
}
