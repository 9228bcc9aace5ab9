/** How a file can be shown without running anything of it. */
export type PreviewKind = 'image' | 'video' | 'audio' | 'table' | 'text' | 'pdf' | 'none'

const TEXT_TYPES =
  /^(?:text\/|application\/(?:json|xml|yaml|toml|javascript|sql|x-sh|graphql|x-ndjson|ld\+json)|image\/svg)/
const TEXT_NAMES =
  /\.(?:txt|md|markdown|log|json|jsonl|ya?ml|toml|ini|cfg|conf|env|xml|html?|css|scss|less|m?[jt]sx?|cjs|py|rb|go|rs|c|h|cc|cpp|hpp|java|kt|swift|php|pl|lua|r|sh|bash|zsh|fish|ps1|sql|diff|patch|tex|srt|vtt|gradle|dockerfile|makefile|gitignore|lock)$/i
const PLAIN_NAMES = /^(?:dockerfile|makefile|readme|license|changelog|procfile|\.[a-z]+rc|\.gitignore)$/i

/** What browsers draw in an image; others are shown through their small picture where the server makes one. */
const IMAGES = /^image\/(?:jpeg|png|gif|webp|avif|bmp|svg\+xml|tiff)$/

export const kindOf = (type: string, name: string): PreviewKind => {
  if (IMAGES.test(type)) return 'image'
  if (type === 'application/pdf') return 'pdf'
  if (type.startsWith('video/')) return 'video'
  if (type.startsWith('audio/')) return 'audio'
  if (/^text\/(?:csv|tab-separated-values)$/.test(type) || /\.(?:csv|tsv)$/i.test(name)) return 'table'
  if (TEXT_TYPES.test(type) || TEXT_NAMES.test(name) || PLAIN_NAMES.test(name)) return 'text'
  return 'none'
}

/** Bytes of a text that are fetched: enough to see what it is, little enough for every device. */
export const MOST_TEXT = 512 * 1024

/** Text as it is meant; undefined for what is none after all. */
export const decodeText = (bytes: Uint8Array<ArrayBuffer>): string | undefined => {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined
  const text = new TextDecoder(utf16 ?? 'utf-8').decode(bytes)
  if (text.includes('\0')) return undefined
  const broken = text.split('\ufffd').length - 1
  return broken > text.length / 20 ? undefined : text
}
