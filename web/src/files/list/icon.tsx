import { File, FileArchive, FileAudio, FileImage, FileText, FileVideo, Folder, Mic } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { File as StoredFile } from '../../../../src/files/files/contract.ts'
import { getThumbnail, type ThumbnailEdge } from '../../../../src/files/thumbnails/contract.ts'
import { api } from '../../api.ts'
import type { Entry } from '../entry.ts'

const ICONS = {
  document: FileText,
  photo: FileImage,
  animation: FileImage,
  video: FileVideo,
  audio: FileAudio,
  voice: Mic,
  archive: FileArchive,
  other: File,
}

const WITH_PICTURE = /^image\/(?:jpeg|png|gif|webp|avif|bmp|tiff)$/
const LARGEST = 64 * 1024 * 1024

/** Whether the server makes a small picture of it. */
export const hasPicture = ({ mime_type, file_size }: StoredFile): boolean =>
  WITH_PICTURE.test(mime_type) && file_size > 0 && file_size <= LARGEST

export const pictureOf = ({ id, sha256 }: StoredFile, size: ThumbnailEdge): string =>
  api.url(getThumbnail, { params: { id }, query: { size: String(size), v: sha256 } })

export const EntryIcon = ({ entry, size = 20 }: { readonly entry: Entry; readonly size?: number }) => {
  const Icon = entry.kind === 'folder' ? Folder : ICONS[entry.file.file_type]
  return <Icon aria-hidden className="file-icon" data-kind={entry.kind} size={size} strokeWidth={1.5} />
}

/** Rows that only pass by ask for nothing. */
const REST_MS = 120

/** A small picture where there is one, else the icon of its kind. */
export const EntryPicture = ({
  entry,
  edge,
  iconSize,
}: {
  readonly entry: Entry
  readonly edge: ThumbnailEdge
  readonly iconSize: number
}) => {
  const [state, setState] = useState<'resting' | 'shown' | 'failed'>('resting')
  useEffect(() => {
    const timer = setTimeout(() => setState((now) => (now === 'resting' ? 'shown' : now)), REST_MS)
    return () => clearTimeout(timer)
  }, [])
  if (entry.kind === 'folder' || !hasPicture(entry.file) || state !== 'shown')
    return <EntryIcon entry={entry} size={iconSize} />
  const { file } = entry
  return (
    <img
      className="file-picture"
      src={pictureOf(file, edge)}
      alt=""
      decoding="async"
      draggable={false}
      onError={() => setState('failed')}
    />
  )
}
