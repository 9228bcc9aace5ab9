import { RotateCw, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { Progress } from '../../ui/progress.tsx'
import { cardsTexts } from '../texts.ts'
import { composerTexts } from './texts.ts'
import { cancelUpload, cardUploads, retryUpload, subscribeUploads } from './uploads.ts'

/** Files that are becoming cards. */
export const UploadList = () => {
  const t = composerTexts.use()
  const words = cardsTexts.use()
  const uploads = useSyncExternalStore(subscribeUploads, cardUploads)
  if (uploads.length === 0) return null
  return (
    <ul className="composer-uploads" aria-label={t.uploads}>
      {uploads.map(({ id, file, progress, error }) => (
        <li key={id}>
          <span className="composer-name">{file.name}</span>
          {error === undefined ? (
            <Progress label={file.name} value={progress} />
          ) : (
            <span className="field-error" role="alert">
              {error}
            </span>
          )}
          {error !== undefined && (
            <IconButton label={words.again} onPress={() => retryUpload(id)}>
              <RotateCw aria-hidden size={16} />
            </IconButton>
          )}
          <IconButton label={error === undefined ? t.cancel : t.dismiss} onPress={() => cancelUpload(id)}>
            <X aria-hidden size={16} />
          </IconButton>
        </li>
      ))}
    </ul>
  )
}
