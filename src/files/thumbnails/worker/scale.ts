import type { Bitmap } from './orientation.ts'

/** The largest size of the same shape that fits into a square; never larger than the image. */
export const fitted = (width: number, height: number, edge: number): { width: number; height: number } => {
  const factor = Math.min(1, edge / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
}

/** Which pixels of a smaller row one of a larger falls on: the first, by which part, and by which part the next. */
const shares = (from: number, to: number) => {
  const [index, first, second] = [new Uint32Array(from), new Float64Array(from), new Float64Array(from)]
  const step = to / from
  for (let at = 0; at < from; at += 1) {
    const [start, end] = [at * step, (at + 1) * step]
    const whole = Math.min(to - 1, Math.floor(start))
    index[at] = whole
    first[at] = Math.min(end, whole + 1) - start
    second[at] = whole + 1 < to ? Math.max(0, end - whole - 1) : 0
  }
  return { index, first, second }
}

/**
 * Makes an image smaller: each new pixel is the mean of the area that it covers, so that no detail flickers. What is
 * transparent has no colour, and adds none.
 */
export const shrink = (image: Bitmap, edge: number): Bitmap => {
  const { width, height } = fitted(image.width, image.height, edge)
  if (width === image.width && height === image.height) return image
  const [columns, rows] = [shares(image.width, width), shares(image.height, height)]
  const row = new Float64Array(width * 4)
  const sums = new Float64Array(width * height * 4)
  for (let y = 0; y < image.height; y += 1) {
    sumRow(image, y, columns, row)
    const at = rows.index[y]! * width * 4
    addRow(sums, at, row, rows.first[y]!)
    if (rows.second[y]! > 0) addRow(sums, at + width * 4, row, rows.second[y]!)
  }
  return { width, height, data: toBytes(sums) }
}

/** Colours times their alpha, and alpha. */
const sumRow = ({ data, width }: Bitmap, y: number, columns: ReturnType<typeof shares>, row: Float64Array): void => {
  row.fill(0)
  let at = y * width * 4
  for (let x = 0; x < width; x += 1, at += 4) {
    const alpha = data[at + 3]! / 255
    const to = columns.index[x]! * 4
    const first = columns.first[x]!
    const part = first * alpha
    row[to]! += data[at]! * part
    row[to + 1]! += data[at + 1]! * part
    row[to + 2]! += data[at + 2]! * part
    row[to + 3]! += part
    if (columns.second[x]! === 0) continue
    const rest = columns.second[x]! * alpha
    row[to + 4]! += data[at]! * rest
    row[to + 5]! += data[at + 1]! * rest
    row[to + 6]! += data[at + 2]! * rest
    row[to + 7]! += rest
  }
}

const addRow = (sums: Float64Array, from: number, row: Float64Array, share: number): void => {
  for (let at = 0; at < row.length; at += 1) sums[from + at]! += row[at]! * share
}

const toBytes = (sums: Float64Array): Uint8ClampedArray => {
  const data = new Uint8ClampedArray(sums.length)
  for (let at = 0; at < sums.length; at += 4) {
    const alpha = sums[at + 3]!
    if (alpha === 0) continue
    data[at] = sums[at]! / alpha
    data[at + 1] = sums[at + 1]! / alpha
    data[at + 2] = sums[at + 2]! / alpha
    data[at + 3] = alpha * 255
  }
  return data
}
