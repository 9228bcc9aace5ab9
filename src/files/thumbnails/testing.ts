import { deflateSync } from 'node:zlib'

/** The four bytes of a pixel, by its place. */
export type Paint = (x: number, y: number) => readonly [red: number, green: number, blue: number, alpha: number]

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

const crc32 = (bytes: Buffer): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** @param exif What is said of the image; none by default. */
export const png = (width: number, height: number, paint: Paint, exif?: Buffer): Buffer => {
  const rows = Buffer.alloc(height * (width * 4 + 1))
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) rows.set(paint(x, y), y * (width * 4 + 1) + 1 + x * 4)
  return pngOf(width, height, deflateSync(rows), exif)
}

/** An image that says it is of some size, whatever is in it. */
export const pngOf = (width: number, height: number, data: Buffer, exif?: Buffer): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([8, 6], 8)
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    ...(exif === undefined ? [] : [chunk('eXIf', exif)]),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** EXIF that says how an image lies. */
export const exifOf = (orientation: number): Buffer => {
  const exif = Buffer.alloc(26)
  exif.write('II*\0', 'latin1')
  exif.writeUInt32LE(8, 4)
  exif.writeUInt16LE(1, 8)
  exif.writeUInt16LE(0x0112, 10)
  exif.writeUInt16LE(3, 12)
  exif.writeUInt32LE(1, 14)
  exif.writeUInt16LE(orientation, 18)
  return exif
}

/** Uncompressed, with 24 bits, rows from the bottom. */
export const bmp = (width: number, height: number, paint: Paint): Buffer => {
  const stride = Math.ceil((width * 3) / 4) * 4
  const whole = Buffer.alloc(54 + stride * height)
  whole.write('BM', 'latin1')
  whole.writeUInt32LE(whole.length, 2)
  whole.writeUInt32LE(54, 10)
  whole.writeUInt32LE(40, 14)
  whole.writeInt32LE(width, 18)
  whole.writeInt32LE(height, 22)
  whole.writeUInt16LE(1, 26)
  whole.writeUInt16LE(24, 28)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [red, green, blue] = paint(x, y)
      whole.set([blue, green, red], 54 + (height - 1 - y) * stride + x * 3)
    }
  return whole
}

/** Red on the left and blue on the right. */
export function halves(width: number): Paint {
  return (x) => (x < width / 2 ? [255, 0, 0, 255] : [0, 0, 255, 255])
}

function sample(format: keyof typeof BASE64): Buffer {
  return Buffer.from(BASE64[format], 'base64')
}

// Eight pixels by four, the left half red and the right half blue, made by other encoders than ours.
const BASE64 = {
  jpeg:
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO' +
    'UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P' +
    'T09PT09PT0//wAARCAAEAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAYEAEAAwEAAAAAAAAAAAAAAAAABUOB' +
    'wf/EABUBAQEAAAAAAAAAAAAAAAAAAAQG/8QAHBEAAAYDAAAAAAAAAAAAAAAAAAEDBTSBNbGy/9oADAMBAAIRAxEAPwCRk6t4AsGD' +
    'HJ30YS9zlK0Q/9k=',
  webp:
    'UklGRlAAAABXRUJQVlA4IEQAAADwAgCdASoIAAQAAoBCJagCdLoBQAPwArv/cAARgdy0QAD+6//5Xiv/xbmizP/uwW0gbjs/7+//' +
    'x1ttxyTPl8wZzPEAAA==',
  avif:
    'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAA' +
    'AGxpYmF2aWYAAAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAACQAAAAoaWluZgAAAAAAAQAAABppbmZl' +
    'AgAAAAABAABhdjAxQ29sb3IAAAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAAAAgAAAAEAAAAEHBpeGkAAAAAAwgICAAAAAxh' +
    'djFDgSAAAAAAABNjb2xybmNseAABAA0ABoAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACxtZGF0EgAKCDgIfsICGg0gMhYZgAAA' +
    'QMi2Gg+j7M1s2aMD6XjNSffA',
  gif: 'R0lGODlhCAAEAIAAAAAAAAAAACH5BAQAAAAALAAAAAAIAAQAgAAA//8AAAIIjAMJh8q6DiwAOw==',
  tiff:
    'SUkqAKgAAAABAAAAAQAAAAEAAAABAAAA/wAA//8AAP//AAD//wAA/wAA//8AAP//AAD//wAA////AAD//wAA//8AAP//AAD/AAD/' +
    '/wAA//8AAP//AAD///8AAP//AAD//wAA//8AAP8AAP//AAD//wAA//8AAP///wAA//8AAP//AAD//wAA/wAA//8AAP//AAD//wAA' +
    '//8IAAgACAAIAAEAAQABAAEADgAAAQQAAQAAAAgAAAABAQQAAQAAAAQAAAACAQMABAAAAJgAAAADAQMAAQAAAAEAAAAGAQMAAQAA' +
    'AAIAAAARAQQAAQAAABgAAAAVAQMAAQAAAAQAAAAWAQQAAQAAABJ6AAAXAQQAAQAAAIAAAAAaAQUAAQAAAAgAAAAbAQUAAQAAABAA' +
    'AAAoAQMAAQAAAAEAAAA9AQMAAQAAAAEAAABTAQMABAAAAKAAAAAAAAAA',
} as const

/** Red on the left and blue on the right, 8 x 4 pixels, in each format. */
export const samples = {
  ...{ jpeg: sample('jpeg'), webp: sample('webp'), avif: sample('avif'), gif: sample('gif'), tiff: sample('tiff') },
  png: png(8, 4, halves(8)),
  bmp: bmp(8, 4, halves(8)),
} as const

/** The JPEG, with EXIF that says how it lies. */
export const turnedJpeg = (orientation: number): Buffer => {
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exifOf(orientation)])
  const marker = Buffer.from([0xff, 0xe1, 0, exif.length + 2])
  return Buffer.concat([samples.jpeg.subarray(0, 2), marker, exif, samples.jpeg.subarray(2)])
}

const webpChunk = (name: string, body: Buffer): Buffer => {
  const head = Buffer.from(`${name}0000`)
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}

/** A WebP whose canvas is of one size and whose frame is of another. @param isAnimated Whether the frame is one of an animation. */
export const webpOf = (
  canvas: readonly [number, number],
  frame: readonly [number, number],
  isAnimated = false,
): Buffer => {
  const inner = Buffer.from(samples.webp.subarray(12))
  inner.writeUInt16LE(frame[0], 14)
  inner.writeUInt16LE(frame[1], 16)
  const extended = Buffer.alloc(10)
  extended.writeUIntLE(canvas[0] - 1, 4, 3)
  extended.writeUIntLE(canvas[1] - 1, 7, 3)
  const frames = isAnimated ? webpChunk('ANMF', Buffer.concat([Buffer.alloc(16), inner])) : inner
  return webpChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), webpChunk('VP8X', extended), frames]))
}
