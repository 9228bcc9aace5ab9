import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type File, listFiles } from '../../../../src/files/files/contract.ts'
import { api } from '../../api.ts'
import { fileEntry, nameOf, stemLength } from '../entry.ts'
import { EntryIcon } from '../list/icon.tsx'
import { contentUrl } from './address.ts'
import { NoPreview } from './no-preview.tsx'
import { keepPosition, positionOf } from './position.ts'
import { previewTexts } from './texts.ts'

/** Subtitles that lie beside a video: the same name with `.vtt`, with or without a language in between. */
const useSubtitles = (file: File, isVideo: boolean) => {
  const stem = file.file_name.slice(0, stemLength(file.file_name))
  const found = useQuery({
    queryKey: ['file subtitles', file.id, stem],
    enabled: isVideo,
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const place = { folder_id: file.folder_id ?? '', ...(file.team_id === null ? {} : { team_id: file.team_id }) }
      const { files } = await api.call(listFiles, {
        query: { ...place, search: stem.slice(0, 200), limit: 50 },
        signal,
      })
      return files.filter(({ file_name }) => file_name.startsWith(stem) && /\.vtt$/i.test(file_name))
    },
  })
  return found.data ?? []
}

/** Video or sound. Only what is listened to is fetched, and the place where it was left is remembered. */
export const Recording = ({ file, kind }: { readonly file: File; readonly kind: 'video' | 'audio' }) => {
  const t = previewTexts.use()
  const [hasFailed, setHasFailed] = useState(false)
  const subtitles = useSubtitles(file, kind === 'video')
  if (hasFailed) return <NoPreview file={file} text={t.failed} />
  const listeners = {
    src: contentUrl(file.id),
    controls: true,
    preload: 'metadata' as const,
    onLoadedMetadata({ currentTarget }: { readonly currentTarget: HTMLMediaElement }) {
      const before = positionOf(localStorage, file.sha256)
      if (before > 0 && before < currentTarget.duration) currentTarget.currentTime = before
    },
    onTimeUpdate({ currentTarget: { currentTime, duration, seeking } }: { readonly currentTarget: HTMLMediaElement }) {
      if (!seeking) keepPosition(localStorage, file.sha256, currentTime, duration)
    },
    onError: () => setHasFailed(true),
  }
  if (kind === 'audio')
    return (
      <div className="preview-none">
        <EntryIcon entry={fileEntry(file)} size={96} />
        <h3>
          <bdi>{nameOf(fileEntry(file))}</bdi>
        </h3>
        <audio {...listeners} />
      </div>
    )
  return (
    <video className="preview-video" playsInline {...listeners}>
      {subtitles.map((track, index) => (
        <track
          key={track.id}
          kind="subtitles"
          src={contentUrl(track.id)}
          label={track.file_name}
          default={index === 0}
        />
      ))}
    </video>
  )
}
