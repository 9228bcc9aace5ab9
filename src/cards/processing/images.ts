/** A picture as its first bytes say; undefined for what no browser shows as one, and for drawings, which are programs. */
export const imageTypeOf = (bytes: Buffer): string | undefined => {
  const head = bytes.toString('latin1', 0, 12)
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif'
  if (head.startsWith('RIFF') && head.slice(8) === 'WEBP') return 'image/webp'
  if (head.slice(4) === 'ftypavif' || head.slice(4) === 'ftypavis') return 'image/avif'
  if (head.startsWith('\0\0\x01\0')) return 'image/x-icon'
  return head.startsWith('BM') ? 'image/bmp' : undefined
}
