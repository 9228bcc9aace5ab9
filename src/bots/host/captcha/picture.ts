import { randomInt } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

/** Rows of 5 dots each, from the top, as numbers of 5 bits. */
const FONT: { readonly [letter: string]: string } = {
  A: 'EHHVHHH', B: 'UHHUHHU', C: 'EHGGGHE', D: 'UHHHHHU', E: 'VGGUGGV', F: 'VGGUGGG', G: 'EHGNHHE', H: 'HHHVHHH',
  I: 'E44444E', J: '72222IC', K: 'HIKOKIH', L: 'GGGGGGV', M: 'HRLLHHH', N: 'HHPLJHH', O: 'EHHHHHE', P: 'UHHUGGG',
  Q: 'EHHHLID', R: 'UHHUKIH', S: 'FGGE11U', T: 'V444444', U: 'HHHHHHE', V: 'HHHHHA4', W: 'HHHLLRH', X: 'HHA4AHH',
  Y: 'HHHA444', Z: 'V1248GV', 0: 'EHJLPHE', 1: '4C4444E', 2: 'EH1248V', 3: 'V2421HE', 4: '26AIV22', 5: 'VGU11HE',
  6: '68GUHHE', 7: 'V124888', 8: 'EHHEHHE', 9: 'EHHF12C',
} // biome-ignore format: a table

const GLYPH_ROWS = 7
const GLYPH_COLUMNS = 5
const SCALE = 6
const CELL = 44
const HEIGHT = 76
const NOISE_LINES = 4
const NOISE_DOTS = 260

interface Canvas {
  readonly width: number
  readonly pixels: Uint8Array
}

const dot = ({ width, pixels }: Canvas, x: number, y: number, shade: number): void => {
  if (x >= 0 && x < width && y >= 0 && y < HEIGHT) pixels[y * width + x] = shade
}

const drawLetter = (canvas: Canvas, letter: string, left: number): void => {
  const rows = FONT[letter] ?? ''
  const top = randomInt(6, HEIGHT - GLYPH_ROWS * SCALE - 6)
  const slant = randomInt(-30, 31) / 100
  const shade = randomInt(0, 60)
  for (let y = 0; y < GLYPH_ROWS * SCALE; y += 1) {
    const bits = Number.parseInt(rows[Math.floor(y / SCALE)] ?? '0', 32)
    const shift = Math.round(slant * (y - (GLYPH_ROWS * SCALE) / 2) + 2 * Math.sin((y + left) / 6))
    for (let x = 0; x < GLYPH_COLUMNS * SCALE; x += 1) {
      const isInk = (bits >> (GLYPH_COLUMNS - 1 - Math.floor(x / SCALE))) & 1
      if (isInk === 1) dot(canvas, left + x + shift, top + y, shade)
    }
  }
}

const drawNoise = (canvas: Canvas): void => {
  for (let line = 0; line < NOISE_LINES; line += 1) {
    const [from, to, shade] = [randomInt(HEIGHT), randomInt(HEIGHT), randomInt(110, 200)]
    for (let x = 0; x < canvas.width; x += 1) {
      const y = Math.round(from + ((to - from) * x) / canvas.width + 4 * Math.sin(x / 17 + line))
      dot(canvas, x, y, shade)
      dot(canvas, x, y + 1, shade)
    }
  }
  for (let count = 0; count < NOISE_DOTS; count += 1)
    dot(canvas, randomInt(canvas.width), randomInt(HEIGHT), randomInt(40, 220))
}

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** @see https://www.w3.org/TR/png-3/ 8 bits of grey, no interlacing. */
const toPng = ({ width, pixels }: Canvas): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(HEIGHT, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const rows = Buffer.alloc((width + 1) * HEIGHT)
  for (let y = 0; y < HEIGHT; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Letters that the picture can show. */
export const CAPTCHA_LETTERS = Object.keys(FONT).join('')

/** A PNG of a text that people can read and simple programs cannot. Each one is drawn anew. */
export const captchaPicture = (text: string): Buffer => {
  const width = text.length * CELL + 24
  const canvas = { width, pixels: new Uint8Array(width * HEIGHT).fill(245) }
  drawNoise(canvas)
  for (const [index, letter] of [...text.toUpperCase()].entries()) {
    drawLetter(canvas, letter, 14 + index * CELL + randomInt(-3, 4))
  }
  return toPng(canvas)
}
