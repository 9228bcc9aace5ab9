const ORIENTATION = 0x0112
const MOST_ENTRIES = 1000

/**
 * @param exif The TIFF structure inside EXIF data.
 * @returns 1 to 8; 1 also if it says nothing, or nothing that makes sense.
 * @see https://www.cipa.jp/std/documents/e/DC-X008-Translation-2023-E.pdf
 */
export const orientationIn = (exif: Buffer): number => {
  if (exif.length < 14) return 1
  const little = exif.readUInt8(0) === 0x49
  const short = (at: number) => (little ? exif.readUInt16LE(at) : exif.readUInt16BE(at))
  const directory = little ? exif.readUInt32LE(4) : exif.readUInt32BE(4)
  if (directory + 2 > exif.length) return 1
  const entries = Math.min(short(directory), MOST_ENTRIES)
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * 12
    if (at + 12 > exif.length) return 1
    if (short(at) === ORIENTATION) return isOrientation(short(at + 8)) ? short(at + 8) : 1
  }
  return 1
}

const isOrientation = (value: number): boolean => value >= 1 && value <= 8

/** Whether an image lies on its side, so that its width is what its height says. */
export const isSideways = (orientation: number): boolean => orientation >= 5

/** Four bytes each, rows from the top. */
export interface Bitmap {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Uint8ClampedArray
}

/** Turns and mirrors an image so that it is upright. */
export const upright = ({ width, height, data }: Bitmap, orientation: number): Bitmap => {
  if (orientation === 1) return { width, height, data }
  const [across, down] = isSideways(orientation) ? [height, width] : [width, height]
  const source = new Uint32Array(data.buffer, data.byteOffset, width * height)
  const target = new Uint32Array(across * down)
  const from = SOURCES[orientation] ?? SOURCES[1]!
  for (let y = 0; y < down; y += 1)
    for (let x = 0; x < across; x += 1) {
      const [column, row] = from(x, y, width - 1, height - 1)
      target[y * across + x] = source[row * width + column] ?? 0
    }
  return { width: across, height: down, data: new Uint8Array(target.buffer) }
}

type Source = (x: number, y: number, lastX: number, lastY: number) => readonly [number, number]

/** Where a pixel of the upright image comes from, by orientation. */
const SOURCES: Readonly<Record<number, Source>> = {
  1: (x, y) => [x, y],
  2: (x, y, lastX) => [lastX - x, y],
  3: (x, y, lastX, lastY) => [lastX - x, lastY - y],
  4: (x, y, _, lastY) => [x, lastY - y],
  5: (x, y) => [y, x],
  6: (x, y, _, lastY) => [y, lastY - x],
  7: (x, y, lastX, lastY) => [lastX - y, lastY - x],
  8: (x, y, lastX) => [lastX - y, x],
}
