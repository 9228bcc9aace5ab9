import type { ReactNode } from 'react'
import type { File } from '../../../../src/files/files/contract.ts'
import { formatBytes } from '../../texts.ts'
import { ButtonLink } from '../../ui/link.tsx'
import { fileEntry } from '../entry.ts'
import { EntryIcon } from '../list/icon.tsx'
import { filesTexts } from '../texts.ts'
import { downloadUrl } from './address.ts'

/** What stands for a file that cannot be shown: what it is, why not, and a way to have it. */
export const NoPreview = ({ file, text }: { readonly file: File; readonly text: ReactNode }) => {
  const words = filesTexts.use()
  return (
    <div className="preview-none">
      <EntryIcon entry={fileEntry(file)} size={96} />
      <h3>
        <bdi>{file.file_name}</bdi>
      </h3>
      <p>
        {words[file.file_type]} · {formatBytes(file.file_size)}
      </p>
      <p>{text}</p>
      <ButtonLink tone="accent" href={downloadUrl(file.id)} download={file.file_name}>
        {words.download}
      </ButtonLink>
    </div>
  )
}
