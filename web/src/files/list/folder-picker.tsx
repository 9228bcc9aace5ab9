import { useQuery } from '@tanstack/react-query'
import { ChevronRight, CornerLeftUp, Folder, FolderPlus } from 'lucide-react'
import { useState } from 'react'
import { messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { type Entry, idOf } from '../entry.ts'
import { foldersQuery, type Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { useTrail } from './breadcrumb.tsx'
import { NewFolderDialog } from './name-dialogs.tsx'

/** Asks for a folder: what dragging does, for everybody who does not drag. */
export const FolderPicker = ({
  title,
  action,
  from,
  team,
  entries,
  onChosen,
  onClose,
}: {
  readonly title: string
  readonly action: string
  /** Where to begin. */
  readonly from: string | null
  readonly team: Team
  /** What is to be put there: a folder cannot go into itself. */
  readonly entries: readonly Entry[]
  readonly onChosen: (folder: string | null, name: string) => void
  readonly onClose: () => void
}) => {
  const t = filesTexts.use()
  const [at, setAt] = useState(from)
  const [isNaming, setIsNaming] = useState(false)
  const below = useQuery(foldersQuery(at, team))
  const trail = useTrail(at, team)
  const here = trail.at(-1)
  const up = trail.at(-2)
  const taken = new Set(entries.map(idOf))
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <p className="picker-trail">
        <bdi>{trail.map(({ name }) => name).join(' / ')}</bdi>
      </p>
      <ul className="picker">
        {up !== undefined && (
          <li>
            <Button tone="quiet" onPress={() => setAt(up.id)}>
              <CornerLeftUp aria-hidden size={18} />
              {t.up}
            </Button>
          </li>
        )}
        {below.data
          ?.filter(({ id }) => !taken.has(id))
          .map(({ id, name }) => (
            <li key={id}>
              <Button tone="quiet" onPress={() => setAt(id)}>
                <Folder aria-hidden size={18} />
                <bdi>{name}</bdi>
                <ChevronRight aria-hidden size={16} />
              </Button>
            </li>
          ))}
        {below.data?.length === 0 && <li className="picker-none">{t.noFolders}</li>}
      </ul>
      {below.error !== null && <Notice tone="danger">{messageOf(below.error)}</Notice>}
      <div className="dialog-actions">
        <Button tone="quiet" onPress={() => setIsNaming(true)}>
          <FolderPlus aria-hidden size={18} />
          {t.newFolder}
        </Button>
        <Button tone="accent" onPress={() => onChosen(at, here?.name ?? '')}>
          {action}
        </Button>
      </div>
      {isNaming && (
        <NewFolderDialog parent={at} team={team} onMade={({ id }) => setAt(id)} onClose={() => setIsNaming(false)} />
      )}
    </Dialog>
  )
}
