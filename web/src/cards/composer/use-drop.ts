import { useEffect, useRef, useState } from 'react'

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, [contenteditable=true], [role=dialog]') !== null

const filesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])]

/**
 * Takes whatever is dropped or pasted anywhere on the page.
 *
 * @returns Whether something hangs over the page now.
 */
export const useDropAndPaste = (take: {
  readonly files: (files: File[]) => void
  readonly text: (text: string) => void
}): boolean => {
  const [isOver, setOver] = useState(false)
  const taking = useRef(take)
  taking.current = take
  useEffect(() => {
    let depth = 0
    const enter = (event: DragEvent): void => {
      depth += 1
      // A drag that began on this page is nothing new.
      if (event.dataTransfer?.types.some((type) => type === 'Files' || type === 'text/uri-list')) setOver(true)
    }
    const leave = (): void => {
      depth = Math.max(0, depth - 1)
      if (depth === 0) setOver(false)
    }
    const over = (event: DragEvent): void => event.preventDefault()
    const take = (data: DataTransfer | null): void => {
      const files = filesOf(data)
      const text = data?.getData('text/uri-list') || data?.getData('text/plain') || ''
      if (files.length > 0) taking.current.files(files)
      else if (text.trim() !== '') taking.current.text(text.trim())
    }
    const drop = (event: DragEvent): void => {
      depth = 0
      setOver(false)
      if (isWriting(event.target) && filesOf(event.dataTransfer).length === 0) return
      event.preventDefault()
      take(event.dataTransfer)
    }
    const paste = (event: ClipboardEvent): void => {
      if (event.defaultPrevented || isWriting(event.target)) return
      event.preventDefault()
      take(event.clipboardData)
    }
    const events = { dragenter: enter, dragleave: leave, dragover: over, drop, paste } as const
    for (const [name, listener] of Object.entries(events)) document.addEventListener(name, listener as EventListener)
    return () => {
      for (const [name, listener] of Object.entries(events))
        document.removeEventListener(name, listener as EventListener)
    }
  }, [])
  return isOver
}
