import { lazy, Suspense } from 'react'
import type { File } from '../../../../src/files/files/contract.ts'
import { ImageContent } from './image.tsx'
import { kindOf } from './kind.ts'
import { NoPreview } from './no-preview.tsx'
import { Recording } from './recording.tsx'
import { TextContent } from './text.tsx'
import { previewTexts } from './texts.ts'

const PdfContent = lazy(async () => ({ default: (await import('./pdf.tsx')).PdfContent }))

/** A file as what it is, or the facts of one that cannot be shown. */
export const Content = ({ file }: { readonly file: File }) => {
  const t = previewTexts.use()
  const kind = kindOf(file.mime_type, file.file_name)
  if (kind === 'image') return <ImageContent file={file} />
  if (kind === 'video' || kind === 'audio') return <Recording file={file} kind={kind} />
  if (kind === 'text' || kind === 'table') return <TextContent file={file} isTable={kind === 'table'} />
  if (kind === 'pdf')
    return (
      <Suspense>
        <PdfContent file={file} />
      </Suspense>
    )
  return <NoPreview file={file} text={t.noPreview} />
}
