import { ArrowUpRight, Copy, Download, FolderInput, Info, Link2, PencilLine, Trash2, Upload } from 'lucide-react'
import type { MenuAction } from '../../ui/menu.tsx'
import { type Entry, idOf } from '../entry.ts'
import { filesTexts } from '../texts.ts'

/** What can be done to entries. */
export type Verb = 'open' | 'details' | 'share' | 'request' | 'rename' | 'move' | 'copy' | 'download' | 'trash'
export type Act = (verb: Verb, entries: readonly Entry[]) => void

/** Browsers ask before a page saves several files; more than these would be a nuisance. */
export const MAX_DOWNLOADS = 20

const READING: readonly Verb[] = ['open', 'details', 'download']

/** Whether a verb makes sense for what is chosen, and is allowed. */
export const canDo = (verb: Verb, entries: readonly Entry[], mayChange: boolean): boolean => {
  const areFiles = entries.every(({ kind }) => kind === 'file')
  if (entries.length === 0 || !(mayChange || READING.includes(verb))) return false
  if (verb === 'download') return areFiles && entries.length <= MAX_DOWNLOADS
  if (verb === 'copy') return areFiles
  if (verb === 'request') return entries.length === 1 && !areFiles
  return verb === 'move' || verb === 'trash' || entries.length === 1
}

const ICONS = {
  open: ArrowUpRight,
  details: Info,
  share: Link2,
  request: Upload,
  rename: PencilLine,
  move: FolderInput,
  copy: Copy,
  download: Download,
  trash: Trash2,
}

const KEYS: Partial<Record<Verb, string>> = {
  open: 'Enter',
  details: 'I',
  share: 'S',
  rename: 'E',
  move: 'M',
  download: 'D',
  trash: '#',
}

export const verbIcon = (verb: Verb) => {
  const Icon = ICONS[verb]
  return <Icon aria-hidden size={18} strokeWidth={1.75} />
}

export const useVerbNames = (): Record<Verb, string> => {
  const t = filesTexts.use()
  return {
    open: t.open,
    details: t.details,
    share: t.share,
    request: t.requestFiles,
    rename: t.rename,
    move: t.moveTo,
    copy: t.copyTo,
    download: t.download,
    trash: t.toTrash,
  }
}

const ORDER: readonly (Verb | null)[] = [
  'open',
  'details',
  'share',
  'request',
  null,
  'rename',
  'move',
  'copy',
  'download',
  null,
  'trash',
]

/** The menu of entries: of one row, or of all that are chosen. */
export const useVerbMenu = (entries: readonly Entry[], act: Act, mayChange: boolean): (MenuAction | null)[] => {
  const names = useVerbNames()
  const order = mayChange ? ORDER : READING
  return order
    .filter((verb) => verb === null || canDo(verb, entries, mayChange))
    .map((verb) =>
      verb === null
        ? null
        : {
            id: `${verb} ${entries[0] === undefined ? '' : idOf(entries[0])}`,
            name: names[verb],
            icon: verbIcon(verb),
            ...(KEYS[verb] === undefined ? {} : { shortcut: KEYS[verb] }),
            ...(verb === 'trash' ? { tone: 'danger' as const } : {}),
            onAction: () => act(verb, entries),
          },
    )
}
