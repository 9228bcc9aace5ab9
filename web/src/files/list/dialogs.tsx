import { lazy, Suspense } from 'react'
import { copyFiles, moveEntries } from '../changes.ts'
import type { Entry } from '../entry.ts'
import type { Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { FolderPicker } from './folder-picker.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { NewFolderDialog, RenameDialog } from './name-dialogs.tsx'
import type { Verb } from './verbs.tsx'

const ShareSheet = lazy(async () => ({ default: (await import('../shares/sheet.tsx')).ShareSheet }))
const DetailsSheet = lazy(async () => ({ default: (await import('../preview/details.tsx')).DetailsSheet }))

/** What is being asked about which entries. */
export interface Asking {
  readonly verb: Exclude<Verb, 'open' | 'download' | 'trash'> | 'folder' | 'import'
  readonly entries: readonly Entry[]
}

/** The dialog of what is being asked, if anything is. */
export const Dialogs = ({
  asking,
  folder,
  team,
  onClose,
}: {
  readonly asking: Asking | undefined
  readonly folder: string | null
  readonly team: Team
  readonly onClose: () => void
}) => {
  const t = filesTexts.use()
  if (asking === undefined) return null
  const { verb, entries } = asking
  const [entry] = entries
  if (verb === 'folder') return <NewFolderDialog parent={folder} team={team} onClose={onClose} />
  if (verb === 'import') return <ImportDialog folder={folder} team={team} onClose={onClose} />
  if (entry === undefined) return null
  if (verb === 'rename') return <RenameDialog entry={entry} onClose={onClose} />
  if (verb === 'move' || verb === 'copy') {
    const isMove = verb === 'move'
    return (
      <FolderPicker
        title={isMove ? t.moveTo : t.copyTo}
        action={isMove ? t.moveHere : t.copyHere}
        from={folder}
        team={team}
        entries={entries}
        onClose={onClose}
        onChosen={(target, name) => {
          onClose()
          void (isMove ? moveEntries(entries, target, name) : copyFiles(entries, target, team, name))
        }}
      />
    )
  }
  return (
    <Suspense>
      {verb === 'details' ? (
        <DetailsSheet entry={entry} onClose={onClose} />
      ) : (
        <ShareSheet entry={entry} isRequest={verb === 'request'} onClose={onClose} />
      )}
    </Suspense>
  )
}
