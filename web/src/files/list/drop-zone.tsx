import { Upload } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { enqueueDropped } from '../uploads/dropped.ts'

const bringsFiles = (data: DataTransfer | null): data is DataTransfer => data?.types.includes('Files') ?? false

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, [contenteditable]') !== null

/** Takes files that are dropped or pasted anywhere on the page, and shows where they will go. */
export const DropZone = ({
  folder,
  team,
  name,
}: {
  readonly folder: string | null
  readonly team: Team
  readonly name: string
}) => {
  const t = filesTexts.use()
  const [isOver, setIsOver] = useState(false)
  useEffect(() => {
    let depth = 0
    const show = (change: number): void => {
      depth = Math.max(0, depth + change)
      setIsOver(depth > 0)
    }
    const onEnter = (event: DragEvent): void => void (bringsFiles(event.dataTransfer) && show(1))
    const onLeave = (event: DragEvent): void => void (bringsFiles(event.dataTransfer) && show(-1))
    const onOver = (event: DragEvent): void => {
      if (bringsFiles(event.dataTransfer)) event.preventDefault()
    }
    const onDrop = (event: DragEvent): void => {
      if (!bringsFiles(event.dataTransfer)) return
      depth = 0
      setIsOver(false)
      // A folder in the list has taken it.
      if (event.defaultPrevented) return
      event.preventDefault()
      void enqueueDropped(event.dataTransfer, folder, team)
    }
    const onPaste = ({ clipboardData, target }: ClipboardEvent): void => {
      if (bringsFiles(clipboardData) && !isTyping(target)) void enqueueDropped(clipboardData, folder, team)
    }
    const gone = new AbortController()
    const { signal } = gone
    window.addEventListener('dragenter', onEnter, { signal })
    window.addEventListener('dragleave', onLeave, { signal })
    window.addEventListener('dragover', onOver, { signal })
    window.addEventListener('drop', onDrop, { signal })
    window.addEventListener('paste', onPaste, { signal })
    return () => gone.abort()
  }, [folder, team])
  if (!isOver) return null
  return (
    <div className="drop-zone">
      <p>
        <Upload aria-hidden size={20} />
        {t.dropHere(name)}
      </p>
    </div>
  )
}
