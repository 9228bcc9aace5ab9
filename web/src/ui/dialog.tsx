import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button, IconButton } from './button.tsx'
import { uiTexts } from './texts.ts'

export interface DialogProps {
  readonly title: string
  readonly isOpen: boolean
  readonly onClose: () => void
  /** In the middle, or a sheet at the end side that leaves the page in sight. */
  readonly place?: 'middle' | 'side'
  /** Whether a press outside closes it; not where something would be lost. */
  readonly isDismissable?: boolean
  readonly children: ReactNode
}

export const Dialog = ({ title, isOpen, onClose, place = 'middle', isDismissable = true, children }: DialogProps) => {
  const t = uiTexts.use()
  return (
    <ModalOverlay
      className="overlay"
      data-place={place}
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={isDismissable}
    >
      <Modal>
        <AriaDialog className="dialog">
          <div className="page-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton label={t.close} onPress={onClose}>
              <X aria-hidden size={18} />
            </IconButton>
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

/** Asks before something that an undo does not bring back. */
export const Confirm = ({
  title,
  text,
  action,
  isOpen,
  isPending,
  onConfirm,
  onClose,
}: {
  readonly title: string
  readonly text: ReactNode
  /** What the button says: the verb, not "OK". */
  readonly action: string
  readonly isOpen: boolean
  /** Given where it stays until the work is done, and whoever opened it closes it then; else it closes itself. */
  readonly isPending?: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}) => {
  const t = uiTexts.use()
  const confirm = (): void => {
    if (isPending === undefined) onClose()
    onConfirm()
  }
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <p>{text}</p>
      <div className="dialog-actions">
        <Button onPress={onClose}>{t.cancel}</Button>
        <Button tone="danger" onPress={confirm} isPending={isPending === true}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
