import type { Browser } from 'playwright-core'
import { contours, hills, leaves, poster, SCENE_WIDTH, type Scene, stillLife, town } from './scenes.ts'

const SCENES: Readonly<Record<string, Scene>> = {
  coast: hills(11, 720, ['#8ec5d9', '#f5e7c8'], ['#7fb0b8', '#4d8a93', '#2f6a6c', '#1d4a4a']),
  dusk: hills(5, 800, ['#3b3a66', '#f2a97c'], ['#7b5f7d', '#543f62', '#322a47', '#1c1a2e']),
  night: hills(23, 630, ['#0d1b2a', '#415a77'], ['#27405a', '#1b2f45', '#122032', '#0a1420']),
  dunes: hills(41, 800, ['#cfe3e8', '#f8ead6'], ['#e6c79c', '#d8ab77', '#c18d57', '#9b6a3d']),
  town: town(3, 1000),
  herbarium: leaves(7, 630, '#f6f1e4', ['#4d6b45', '#6e8050', '#39553f']),
  herbarium2: leaves(19, 1500, '#efe8d8', ['#5a6e3c', '#7b5b34', '#3f5a44']),
  map: contours(9, 1100, '#f2ecdd', '#8a5a33'),
  bowls: stillLife(13, 800),
  lemons: stillLife(29, 900),
  poster: poster('#f3efe6', '#22302b', '#c96f3b', ['How large', 'should text', 'be?']),
}

/**
 * Pictures as JPEG, by name. They are painted by the browser, so that no picture of anybody lies in the repository.
 *
 * @param scale 1 for 1200 pixels across.
 */
export const paintPictures = async (browser: Browser, scale = 1): Promise<ReadonlyMap<string, Buffer>> => {
  const page = await browser.newPage({ deviceScaleFactor: scale })
  const pictures = new Map<string, Buffer>()
  for (const [name, { height, svg }] of Object.entries(SCENES)) {
    await page.setViewportSize({ width: SCENE_WIDTH, height })
    await page.setContent(`<body style="margin:0">${svg}</body>`)
    pictures.set(name, await page.screenshot({ type: 'jpeg', quality: 82 }))
  }
  await page.close()
  return pictures
}

export const sizeOf = (picture: string): { readonly w: number; readonly h: number } => ({
  w: SCENE_WIDTH,
  h: SCENES[picture]?.height ?? SCENE_WIDTH,
})

/** A document of two pages. */
export const printPdf = async (browser: Browser, title: string, paragraphs: readonly string[]): Promise<Buffer> => {
  const page = await browser.newPage()
  await page.setContent(
    `<title>${title}</title><body style="font:16px/1.6 Georgia;margin:2em"><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join('')}</body>`,
  )
  const pdf = await page.pdf({ format: 'A4' })
  await page.close()
  return pdf
}

const RATE_HZ = 8000

/** A slow chord, as WAV. */
export const soundOf = (seconds: number): Buffer => {
  const samples = Buffer.alloc(seconds * RATE_HZ * 2)
  for (let at = 0; at < samples.length / 2; at += 1) {
    const time = at / RATE_HZ
    const fade = Math.min(1, time, seconds - time)
    const wave = [220, 277.2, 329.6].reduce((sum, hertz) => sum + Math.sin(2 * Math.PI * hertz * time), 0) / 3
    samples.writeInt16LE(Math.round(9000 * fade * wave), at * 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE_HZ, 24)
  head.writeUInt32LE(RATE_HZ * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
