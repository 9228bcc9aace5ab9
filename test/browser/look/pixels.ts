import type { Page } from 'playwright-core'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Reads pictures with what the browser has for it; one page serves for all. */
export const pixelsWith = async (painter: Page) => {
  await painter.evaluate(`
    globalThis.read = async (png) => {
      const image = new Image()
      image.src = 'data:image/png;base64,' + png
      await image.decode()
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
      const context = canvas.getContext('2d', { willReadFrequently: true })
      context.drawImage(image, 0, 0)
      return context.getImageData(0, 0, canvas.width, canvas.height)
    }
    globalThis.differs = (one, a, other, b) =>
      [0, 1, 2].some((channel) => Math.abs(one.data[4 * a + channel] - other.data[4 * b + channel]) > 48)
  `)
  return {
    /** How many pixels of two pictures of one size differ. */
    changed: (one: Buffer, other: Buffer): Promise<number> =>
      painter.evaluate<number>(`(async () => {
        const [one, other] = await Promise.all([read('${one.toString('base64')}'), read('${other.toString('base64')}')])
        let count = 0
        for (let at = 0; at < one.width * one.height; at += 1) if (differs(one, at, other, at)) count += 1
        return count
      })()`),
    /** For each box the share of its edge that is of another colour than what is outside of it. */
    edges: (png: Buffer, boxes: readonly Box[]): Promise<number[]> =>
      painter.evaluate<number[]>(`(async () => {
        const picture = await read('${png.toString('base64')}')
        const isIn = (x, y) => x >= 0 && y >= 0 && x < picture.width && y < picture.height
        const stands = (points, dx, dy) => points.map(([x, y]) => {
          const outside = [x - 4 * dx, y - 4 * dy]
          if (!isIn(...outside)) return true
          const ground = outside[1] * picture.width + outside[0]
          return [-2, -1, 0, 1, 2].some((step) => {
            const [px, py] = [x + step * dx, y + step * dy]
            return isIn(px, py) && differs(picture, py * picture.width + px, picture, ground)
          })
        })
        return ${JSON.stringify(boxes)}.map(({ x, y, width, height }) => {
          const along = (from, length) => Array.from({ length: 12 }, (_, at) => Math.round(from + length * (0.2 + (0.6 * at) / 11)))
          const all = [
            ...stands(along(x, width).map((at) => [at, Math.round(y)]), 0, 1),
            ...stands(along(x, width).map((at) => [at, Math.round(y + height)]), 0, -1),
            ...stands(along(y, height).map((at) => [Math.round(x), at]), 1, 0),
            ...stands(along(y, height).map((at) => [Math.round(x + width), at]), -1, 0),
          ]
          return all.filter(Boolean).length / all.length
        })
      })()`),
  }
}
