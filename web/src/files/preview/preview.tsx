import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight, Download, Info, Link2, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import type { File } from '../../../../src/files/files/contract.ts'
import { messageOf } from '../../api.ts'
import { useActions } from '../../app/actions.ts'
import { IconButton } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { uiTexts } from '../../ui/texts.ts'
import { type Entry, fileEntry } from '../entry.ts'
import type { Listing } from '../list/listing.ts'
import { fileQuery, useMayChange } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { downloadUrl } from './address.ts'
import { Content } from './content.tsx'
import { FileDetails } from './details.tsx'
import { previewTexts } from './texts.ts'
import './preview.css'

export interface PreviewProps {
  readonly id: string
  /** What the arrows go through. */
  readonly listing: Listing | undefined
  readonly onGo: (id: string) => void
  readonly onClose: () => void
  readonly onShare: (entry: Entry) => void
}

const neighbours = (listing: Listing | undefined, id: string): { before?: File; after?: File } => {
  const files = listing?.pages.flatMap((page) => page?.files ?? []) ?? []
  const at = files.findIndex((file) => file.id === id)
  const [before, after] = at < 0 ? [undefined, undefined] : [files[at - 1], files[at + 1]]
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
}

/** Keys that a recording, a field, a text that scrolls or a sheet above has for itself. */
const hasOwnArrows = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('video, audio, input, textarea, .preview-scroll, .overlay, [role=toolbar]') !== null

/** A file, full window. */
export const Preview = ({ id, listing, onGo, onClose, onShare }: PreviewProps) => {
  const t = previewTexts.use()
  const words = filesTexts.use()
  const ui = uiTexts.use()
  const [hasDetails, setHasDetails] = useState(false)
  const { before, after } = neighbours(listing, id)
  const listed = listing?.pages.flatMap((page) => page?.files ?? []).find((file) => file.id === id)
  const found = useQuery({ ...fileQuery(id), ...(listed === undefined ? {} : { placeholderData: listed }) })
  const file = found.data
  const download = downloadUrl(id)
  const mayShare = useMayChange(file?.team_id ?? undefined)
  const share = (): void => void (file !== undefined && onShare(fileEntry(file)))
  useActions([
    {
      id: 'files.preview.details',
      name: words.details,
      keys: 'i',
      inDialogs: true,
      run: () => setHasDetails(!hasDetails),
    },
    {
      id: 'files.preview.download',
      name: words.download,
      keys: 'd',
      inDialogs: true,
      run: () => location.assign(download),
    },
    {
      id: 'files.preview.share',
      name: words.share,
      keys: 's',
      inDialogs: true,
      isDisabled: !mayShare,
      run: share,
    },
  ])
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (hasOwnArrows(event.target) || event.altKey || event.ctrlKey || event.metaKey) return
      if (event.key === 'ArrowLeft' && before !== undefined) onGo(before.id)
      if (event.key === 'ArrowRight' && after !== undefined) onGo(after.id)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
  return (
    <ModalOverlay className="preview" data-theme="dark" isOpen onOpenChange={(open) => !open && onClose()}>
      <Modal className="preview-modal">
        <AriaDialog className="preview-dialog" aria-label={t.preview(file?.file_name ?? '')}>
          <div className="preview-frame">
            <header>
              <Heading slot="title" level={2}>
                <bdi>{file?.file_name}</bdi>
              </Heading>
              <IconButton label={words.details} aria-pressed={hasDetails} onPress={() => setHasDetails(!hasDetails)}>
                <Info aria-hidden size={18} />
              </IconButton>
              {mayShare && (
                <IconButton label={words.share} onPress={share}>
                  <Link2 aria-hidden size={18} />
                </IconButton>
              )}
              <a className="button" data-tone="quiet" data-square href={download} download aria-label={words.download}>
                <Download aria-hidden size={18} />
              </a>
              <IconButton label={ui.close} onPress={onClose}>
                <X aria-hidden size={18} />
              </IconButton>
            </header>
            <div className="preview-stage">
              {found.error !== null && <Empty title={messageOf(found.error)} />}
              {file !== undefined && found.error === null && <Content key={`${file.id} ${file.sha256}`} file={file} />}
              {before !== undefined && (
                <span className="preview-arrow" data-side="start">
                  <IconButton label={t.previous} onPress={() => onGo(before.id)}>
                    <ChevronLeft aria-hidden size={24} />
                  </IconButton>
                </span>
              )}
              {after !== undefined && (
                <span className="preview-arrow" data-side="end">
                  <IconButton label={t.next} onPress={() => onGo(after.id)}>
                    <ChevronRight aria-hidden size={24} />
                  </IconButton>
                </span>
              )}
            </div>
            {hasDetails && file !== undefined && (
              <aside className="preview-details" aria-label={words.details}>
                <FileDetails file={file} />
              </aside>
            )}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
