import { Maximize, ZoomIn, ZoomOut } from 'lucide-react'
import { useState } from 'react'
import type { File } from '../../../../src/files/files/contract.ts'
import { IconButton } from '../../ui/button.tsx'
import { contentUrl } from './address.ts'
import { NoPreview } from './no-preview.tsx'
import { PdfPage } from './pdf-page.tsx'
import { previewTexts } from './texts.ts'
import { type OpenPdf, usePdf } from './use-pdf.ts'
import './pdf.css'

const STEP = 1.25
const LEAST = 0.4
const MOST = 4

/** A PDF, page under page. It is drawn by us and never handed to the browser, so nothing in it can run. */
export const PdfContent = ({ file }: { readonly file: File }) => {
  const t = previewTexts.use()
  const found = usePdf(contentUrl(file.id))
  if (found === undefined)
    return (
      <p className="preview-none" role="status">
        {t.opening}
      </p>
    )
  if ('problem' in found) return <NoPreview file={file} text={found.problem === 'locked' ? t.pdfLocked : t.pdfBroken} />
  return <Pages pdf={found} name={file.file_name} />
}

const Pages = ({ pdf: { document, first }, name }: { readonly pdf: OpenPdf; readonly name: string }) => {
  const t = previewTexts.use()
  const [root, setRoot] = useState<HTMLElement | null>(null)
  const [zoom, setZoom] = useState(1)
  const [at, setAt] = useState(1)
  const { width, height } = first.getViewport({ scale: 1 })
  const numbers = Array.from({ length: document.numPages }, (_, index) => index + 1)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard. */}
      <section ref={setRoot} className="preview-scroll pdf" aria-label={t.contents} tabIndex={0}>
        {numbers.map((number) => (
          <PdfPage
            key={number}
            document={document}
            number={number}
            size={{ width, height }}
            zoom={zoom}
            root={root}
            onSeen={() => setAt(number)}
          />
        ))}
      </section>
      <div className="preview-tools" role="toolbar" aria-label={name}>
        <output className="pdf-at">{t.page(at, document.numPages)}</output>
        <IconButton label={t.zoomOut} isDisabled={zoom <= LEAST} onPress={() => setZoom(Math.max(LEAST, zoom / STEP))}>
          <ZoomOut aria-hidden size={18} />
        </IconButton>
        <IconButton label={t.fit} isDisabled={zoom === 1} onPress={() => setZoom(1)}>
          <Maximize aria-hidden size={18} />
        </IconButton>
        <IconButton label={t.zoomIn} isDisabled={zoom >= MOST} onPress={() => setZoom(Math.min(MOST, zoom * STEP))}>
          <ZoomIn aria-hidden size={18} />
        </IconButton>
      </div>
    </>
  )
}
