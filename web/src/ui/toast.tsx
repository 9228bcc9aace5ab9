import { X } from 'lucide-react'
import { useEffect } from 'react'
import {
  UNSTABLE_Toast as AriaToast,
  Text,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components'
import { messageOf } from '../api.ts'
import { Button, IconButton } from './button.tsx'
import { uiTexts } from './texts.ts'

interface Message {
  readonly text: string
  readonly tone?: 'danger'
  readonly action?: { readonly name: string; readonly run: () => void }
}

const queue = new ToastQueue<Message>({ maxVisibleToasts: 3 })
const READ_MS = 8_000

/** Says what happened. With `undo` it stays long enough to be read and used. */
export const say = (text: string, undo?: () => void): void => {
  const action = undo === undefined ? undefined : { name: uiTexts.now().undo, run: undo }
  queue.add({ text, ...(action === undefined ? {} : { action }) }, { timeout: READ_MS })
}

/** Says what failed; it stays until it is closed. */
export const sayProblem = (error: unknown): void => {
  queue.add({ text: messageOf(error), tone: 'danger' })
}

/**
 * Messages stand at the end of the page, and at its beginning while they would cover what has the focus. Of what is as
 * tall as an editor they cover only a part, wherever they stand.
 */
const keepOffFocus = (): void => {
  const region = document.querySelector<HTMLElement>('.toasts')
  const focused = document.activeElement
  if (region === null || focused === null || focused === document.body || region.contains(focused)) return
  delete region.dataset.side
  const box = focused.getBoundingClientRect()
  const isUnder = [...region.querySelectorAll('.toast')]
    .map((toast) => toast.getBoundingClientRect())
    .some(
      ({ left, right, top, bottom }) => left < box.right && right > box.left && top < box.bottom && bottom > box.top,
    )
  if (isUnder && box.height < innerHeight / 3) region.dataset.side = 'start'
}

/** As long as there is a message. */
const KeptOffFocus = () => {
  useEffect(() => {
    keepOffFocus()
    document.addEventListener('focusin', keepOffFocus)
    return () => document.removeEventListener('focusin', keepOffFocus)
  }, [])
  return null
}

/** Where messages appear; once, in the frame. */
export const Toasts = () => {
  const t = uiTexts.use()
  return (
    <ToastRegion queue={queue} className="toasts" aria-label={t.messages}>
      {({ toast }) => (
        <AriaToast toast={toast} className="toast" data-tone={toast.content.tone}>
          <KeptOffFocus />
          <ToastContent>
            <Text slot="title">{toast.content.text}</Text>
          </ToastContent>
          {toast.content.action !== undefined && (
            <Button
              onPress={() => {
                toast.content.action?.run()
                queue.close(toast.key)
              }}
            >
              {toast.content.action.name}
            </Button>
          )}
          <IconButton label={t.close} onPress={() => queue.close(toast.key)}>
            <X aria-hidden size={16} />
          </IconButton>
        </AriaToast>
      )}
    </ToastRegion>
  )
}
