import type { Page } from 'playwright-core'

/** A number of `width` bytes, most significant first. */
const number = (value: number, width: number): Buffer => {
  const bytes = Buffer.alloc(width)
  for (let rest = value, at = width - 1; at >= 0; at -= 1, rest = Math.floor(rest / 256)) bytes[at] = rest % 256
  return bytes
}

const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

/** An element of EBML. Its length always takes eight bytes, so that positions can be known before contents are. */
const element = (id: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents)
  return Buffer.concat([
    number(id, Math.ceil(id.toString(16).length / 2)),
    number(0x01, 1),
    number(content.length, 7),
    content,
  ])
}

const u = (id: number, value: number): Buffer => element(id, number(value, 6))
const text = (id: number, value: string): Buffer => element(id, Buffer.from(value))

/** The VP8 frame inside a lossy WebP picture, which holds nothing else. @see https://developers.google.com/speed/webp/docs/riff_container */
const vp8Of = (webp: Buffer): Buffer => {
  const at = webp.indexOf('VP8 ')
  if (at < 0) throw new Error('This picture is not a lossy WebP.')
  return webp.subarray(at + 8, at + 8 + webp.readUInt32LE(at + 4))
}

/** A picture of 640x360 that no codec makes small, as WebP. */
export const noiseIn = async (page: Page): Promise<Buffer> => {
  const picture = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
    const pen = canvas.getContext('2d')
    const noise = new ImageData(640, 360)
    for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = at % 4 === 3 ? 255 : Math.random() * 256
    pen?.putImageData(noise, 0, 0)
    return canvas.toDataURL('image/webp', 0.9)
  })
  await page.close()
  return Buffer.from(picture.slice(picture.indexOf(',') + 1), 'base64')
}

export interface VideoWish {
  /** What every frame shows. */
  readonly webp: Buffer
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly secondsPerFrame: number
}

/**
 * A video with an index, in which a player can go to any place: each frame stands for itself.
 *
 * @see https://www.matroska.org/technical/elements.html
 */
export const webmOf = ({ webp, width, height, frames, secondsPerFrame }: VideoWish): Buffer => {
  const frame = vp8Of(webp)
  const times = Array.from({ length: frames }, (_, index) => index * secondsPerFrame * 1_000)
  const clusters = times.map((time) =>
    element(0x1f43b675, u(0xe7, time), element(0xa3, number(0x81, 1), number(0, 2), number(0x80, 1), frame)),
  )
  const info = element(
    0x1549a966,
    u(0x2ad7b1, 1_000_000),
    element(0x4489, double(frames * secondsPerFrame * 1_000)),
    text(0x4d80, 'latchkey'),
    text(0x5741, 'latchkey'),
  )
  const video = element(0xe0, u(0xb0, width), u(0xba, height))
  const tracks = element(0x1654ae6b, element(0xae, u(0xd7, 1), u(0x73c5, 1), u(0x83, 1), text(0x86, 'V_VP8'), video))
  const seekHead = (cuesAt: number): Buffer =>
    element(0x114d9b74, element(0x4dbb, element(0x53ab, number(0x1c53bb6b, 4)), u(0x53ac, cuesAt)))
  const cues = (clustersAt: number): Buffer => {
    let at = clustersAt
    const points = clusters.map((cluster, index) => {
      const point = element(0xbb, u(0xb3, times[index] ?? 0), element(0xb7, u(0xf7, 1), u(0xf1, at)))
      at += cluster.length
      return point
    })
    return element(0x1c53bb6b, ...points)
  }
  const cuesAt = seekHead(0).length + info.length + tracks.length
  const clustersAt = cuesAt + cues(0).length
  const header = element(
    0x1a45dfa3,
    ...[u(0x4286, 1), u(0x42f7, 1), u(0x42f2, 4), u(0x42f3, 8), text(0x4282, 'webm'), u(0x4287, 4), u(0x4285, 2)],
  )
  return Buffer.concat([header, element(0x18538067, seekHead(cuesAt), info, tracks, cues(clustersAt), ...clusters)])
}
