import type { FileType } from './contract.ts'

const UNKNOWN = 'application/octet-stream'

// What clients send when they know nothing: curl's -d, and everybody's fallback.
const MEANINGLESS = new Set([
  UNKNOWN,
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'binary/octet-stream',
])

const BY_EXTENSION: Readonly<Record<string, string>> = {
  '7z': 'application/x-7z-compressed',
  aac: 'audio/aac',
  avi: 'video/x-msvideo',
  avif: 'image/avif',
  bmp: 'image/bmp',
  bz2: 'application/x-bzip2',
  css: 'text/css',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  epub: 'application/epub+zip',
  flac: 'audio/flac',
  gif: 'image/gif',
  gz: 'application/gzip',
  heic: 'image/heic',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  m4a: 'audio/mp4',
  m4v: 'video/mp4',
  md: 'text/markdown',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  opus: 'audio/opus',
  pdf: 'application/pdf',
  png: 'image/png',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  rar: 'application/vnd.rar',
  rtf: 'application/rtf',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  xz: 'application/x-xz',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
  zst: 'application/zstd',
}

const ARCHIVES = new Set(
  ['7z', 'bz2', 'gz', 'rar', 'tar', 'xz', 'zip', 'zst'].map((extension) => BY_EXTENSION[extension] ?? ''),
)
const PHOTOS = new Set(['image/avif', 'image/bmp', 'image/heic', 'image/jpeg', 'image/png', 'image/tiff', 'image/webp'])
const VOICE = new Set(['audio/ogg', 'audio/opus'])

/**
 * The media type of a file: what the sender says, else what the extension says, else `application/octet-stream`.
 *
 * @param given A Content-Type; its parameters are dropped.
 */
export const mediaTypeOf = (given: string | undefined, fileName: string): string => {
  const [type = ''] = (given ?? '').toLowerCase().split(';')
  const said = type.trim()
  // The tokens of https://www.rfc-editor.org/rfc/rfc6838#section-4.2, which are also safe in a header.
  if (/^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(said) && !MEANINGLESS.has(said))
    return said
  return BY_EXTENSION[extensionOf(fileName)] ?? UNKNOWN
}

const extensionOf = (fileName: string): string => {
  const dot = fileName.lastIndexOf('.')
  return dot < 0 ? '' : fileName.slice(dot + 1).toLowerCase()
}

/** @returns What Telegram would call such a file; `archive` and `other` are ours. */
export const fileTypeOf = (mediaType: string): FileType => {
  if (mediaType === UNKNOWN) return 'other'
  if (mediaType === 'image/gif') return 'animation'
  if (PHOTOS.has(mediaType)) return 'photo'
  if (VOICE.has(mediaType)) return 'voice'
  if (ARCHIVES.has(mediaType)) return 'archive'
  if (mediaType.startsWith('video/')) return 'video'
  if (mediaType.startsWith('audio/')) return 'audio'
  return 'document'
}

/** True for what a browser can show without running anything; everything else is only ever saved. */
export const isSafeInline = (mediaType: string): boolean =>
  mediaType === 'text/plain' ||
  mediaType === 'image/gif' ||
  PHOTOS.has(mediaType) ||
  mediaType.startsWith('video/') ||
  mediaType.startsWith('audio/')
