import type { CardType } from './contract.ts'

export type FileCardType = Extract<CardType, 'image' | 'video' | 'audio' | 'document'>

export interface DetectableFile {
  readonly fileName: string
  /** What the sender says it is. */
  readonly mimeType: string | null
  /** Its first bytes, if they are known; 32 are enough. */
  readonly head?: Uint8Array
}

const BY_EXTENSION: Readonly<Record<Exclude<FileCardType, 'document'>, string>> = {
  image: 'png jpg jpeg jpe jfif gif webp avif heic heif hif bmp tif tiff ico svg svgz jxl apng psd dng cr2 cr3 nef arw',
  video: 'mp4 m4v mov qt webm mkv avi wmv flv mpg mpeg m2ts mts 3gp 3g2 ogv',
  audio: 'mp3 m4a m4b aac wav wave flac ogg oga opus weba wma aif aiff amr mid midi caf',
}
const EXTENSIONS = new Map(
  (['image', 'video', 'audio'] as const).flatMap((type) =>
    BY_EXTENSION[type].split(' ').map((extension) => [extension, type] as const),
  ),
)

/**
 * Which card shows a file best. Its first bytes decide before its name, and its name before what the sender says,
 * which is often `application/octet-stream`; what is neither picture, film nor sound is a document.
 */
export const detectFileType = ({ fileName, mimeType, head }: DetectableFile): FileCardType => {
  const magic = head === undefined ? undefined : ofMagic(head, mimeType)
  return magic ?? ofExtension(fileName) ?? ofMime(mimeType) ?? 'document'
}

const ofExtension = (fileName: string): FileCardType | undefined =>
  EXTENSIONS.get(/\.([a-z0-9]{1,5})$/i.exec(fileName)?.[1]?.toLowerCase() ?? '')

const ofMime = (mimeType: string | null): FileCardType | undefined => {
  const family = /^\s*(image|video|audio)\//i.exec(mimeType ?? '')?.[1]?.toLowerCase()
  return family === undefined ? undefined : (family as FileCardType)
}

/** @see https://www.garykessler.net/library/file_sigs.html, the formats that are in daily use */
const SIGNATURES: readonly (readonly [offset: number, bytes: string, type: FileCardType])[] = [
  [0, '89504e470d0a1a0a', 'image'],
  [0, 'ffd8ff', 'image'],
  [0, '474946383761', 'image'],
  [0, '474946383961', 'image'],
  [8, '57454250', 'image'],
  [0, '49492a00', 'image'],
  [0, '4d4d002a', 'image'],
  [0, 'ff0a', 'image'],
  [8, '41564920', 'video'],
  [0, '464c5601', 'video'],
  [8, '57415645', 'audio'],
  [0, '494433', 'audio'],
  [0, '664c6143', 'audio'],
  [0, '4d546864', 'audio'],
  [0, '255044462d', 'document'],
  [0, '504b0304', 'document'],
  [0, 'd0cf11e0a1b11ae1', 'document'],
]

const IMAGE_BRANDS = new Set(['avif', 'avis', 'heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1'])
const AUDIO_BRANDS = new Set(['M4A ', 'M4B ', 'M4P '])

const ofMagic = (head: Uint8Array, mimeType: string | null): FileCardType | undefined => {
  const hex = Buffer.from(head.subarray(0, 32)).toString('hex')
  const known = SIGNATURES.find(([offset, bytes]) => hex.startsWith(bytes, offset * 2))
  if (known !== undefined) return known[2]
  // One family of containers holds pictures, films and sound; its brand says which.
  if (hex.startsWith('66747970', 8)) return ofBrand(Buffer.from(head.subarray(8, 12)).toString('latin1'))
  // Ogg and Matroska hold sound or films; only the name or the sender can tell.
  if (hex.startsWith('4f676753') || hex.startsWith('1a45dfa3')) return mediaOf(ofMime(mimeType))
  return undefined
}

const ofBrand = (brand: string): FileCardType => {
  if (IMAGE_BRANDS.has(brand)) return 'image'
  return AUDIO_BRANDS.has(brand) ? 'audio' : 'video'
}

const mediaOf = (type: FileCardType | undefined): FileCardType | undefined =>
  type === 'audio' || type === 'video' ? type : undefined
