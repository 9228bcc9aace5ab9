import { type DragEvent, useState } from 'react'
import { moveEntries } from '../changes.ts'
import { type Entry, idOf, teamOf } from '../entry.ts'
import { mayChangeNow, type Team } from '../queries.ts'
import { enqueueDropped } from '../uploads/dropped.ts'

const KIND = 'application/x-latchkey-entries'

// What browsers hand over while something is dragged is only its kind.
let dragged: readonly Entry[] = []

export const dragProps = (entries: () => readonly Entry[]) => ({
  draggable: true,
  onDragStart(event: DragEvent) {
    dragged = entries()
    event.dataTransfer.setData(KIND, dragged.map(idOf).join(' '))
    event.dataTransfer.effectAllowed = 'move'
  },
  onDragEnd() {
    dragged = []
  },
})

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes('Files')

/** A folder that takes what is dropped on it: entries of its drive move there, files from elsewhere are uploaded there. */
export const useDropTarget = (folder: string | null, name: string, team: Team, isOn = true) => {
  const [isOver, setIsOver] = useState(false)
  if (!isOn) return {}
  const takes = (event: DragEvent): boolean =>
    mayChangeNow(team) &&
    (hasFiles(event) ||
      (dragged.length > 0 && dragged.every((entry) => idOf(entry) !== folder && teamOf(entry) === team)))
  return {
    'data-over': isOver || undefined,
    onDragOver(event: DragEvent) {
      if (!takes(event)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = hasFiles(event) ? 'copy' : 'move'
      setIsOver(true)
    },
    onDragLeave: () => setIsOver(false),
    onDrop(event: DragEvent) {
      setIsOver(false)
      if (!takes(event)) return
      event.preventDefault()
      event.stopPropagation()
      if (hasFiles(event)) void enqueueDropped(event.dataTransfer, folder, team)
      else void moveEntries(dragged, folder, name)
    },
  }
}
