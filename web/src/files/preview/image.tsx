import { Maximize, ZoomIn, ZoomOut } from 'lucide-react'
import { useState } from 'react'
import type { File } from '../../../../src/files/files/contract.ts'
import { IconButton } from '../../ui/button.tsx'
import { hasPicture, pictureOf } from '../list/icon.tsx'
import { contentUrl } from './address.ts'
import { NoPreview } from './no-preview.tsx'
import { previewTexts } from './texts.ts'

const MOST = 8

/** A picture, as large as the window, or larger and to be moved about. */
export const ImageContent = ({ file }: { readonly file: File }) => {
  const t = previewTexts.use()
  const [zoom, setZoom] = useState(1)
  // What a browser cannot draw, the server may have drawn small.
  const [source, setSource] = useState<'whole' | 'small' | 'none'>('whole')
  if (source === 'none') return <NoPreview file={file} text={t.failed} />
  const size = `${zoom * 100}%`
  return (
    <>
      <div className={zoom > 1 ? 'preview-image preview-scroll' : 'preview-image'} data-zoomed={zoom > 1 || undefined}>
        <img
          src={source === 'whole' ? contentUrl(file.id) : pictureOf(file, 1024)}
          alt={file.file_name}
          style={zoom > 1 ? { inlineSize: size, blockSize: size } : {}}
          onDoubleClick={() => setZoom(zoom > 1 ? 1 : 2)}
          onError={() => setSource(source === 'whole' && hasPicture(file) ? 'small' : 'none')}
        />
      </div>
      <div className="preview-tools" role="toolbar" aria-label={file.file_name}>
        <IconButton label={t.zoomOut} isDisabled={zoom <= 1} onPress={() => setZoom(Math.max(1, zoom / 1.5))}>
          <ZoomOut aria-hidden size={18} />
        </IconButton>
        <IconButton label={t.fit} isDisabled={zoom === 1} onPress={() => setZoom(1)}>
          <Maximize aria-hidden size={18} />
        </IconButton>
        <IconButton label={t.zoomIn} isDisabled={zoom >= MOST} onPress={() => setZoom(Math.min(MOST, zoom * 1.5))}>
          <ZoomIn aria-hidden size={18} />
        </IconButton>
      </div>
    </>
  )
}
