import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { prefer, usePreference } from '../../app/preferences.ts'
import { say } from '../../ui/toast.tsx'
import { trashEntries } from '../changes.ts'
import { type Entry, fileEntry, folderEntry, idOf, nameOf } from '../entry.ts'
import { downloadUrl } from '../preview/address.ts'
import { folderQuery, useMayChange } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import type { Asking } from './dialogs.tsx'
import { parseSearch } from './search-words.ts'
import { defaultOrder, type View } from './toolbar.tsx'
import { useEntries } from './use-entries.ts'
import { useFilesAddress } from './use-goto.ts'
import { useListKeys } from './use-list-keys.tsx'
import { allFiles, type ListWish } from './use-listing.ts'
import { useSelection } from './use-selection.ts'
import { type Act, canDo } from './verbs.tsx'

const MOST_CHOSEN = 10_000

const download = (entries: readonly Entry[]): void => {
  for (const entry of entries) {
    if (entry.kind !== 'file') continue
    const link = document.createElement('a')
    link.href = downloadUrl(entry.file.id)
    link.download = nameOf(entry)
    link.click()
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

const useWish = (folder: string | null): ListWish => {
  const { team, q = '', sort = 'file_name', order = defaultOrder(sort) } = useFilesAddress().search
  return { folder, team, words: parseSearch(q), sort, order }
}

/** Whose drive a folder is in: what it says itself, for an address need not tell. */
const useTeam = (folder: string | null, said: string | undefined): string | undefined => {
  const found = useQuery({ ...folderQuery(folder ?? ''), enabled: folder !== null })
  return found.data?.team_id ?? said
}

export type FolderState = ReturnType<typeof useFolder>

/** Everything that the page of a folder shows and does. */
export const useFolder = (folder: string | null) => {
  const t = filesTexts.use()
  const { search, change, toFolder } = useFilesAddress()
  const wish = useWish(folder)
  const isSearch = search.q !== undefined
  const mayChange = useMayChange(useTeam(folder, wish.team))
  const view = usePreference('files_view') ?? 'list'
  const setView = (files_view: View): void => prefer({ files_view })
  const [sight, setSight] = useState({ first: 0, last: 40 })
  const entries = useEntries(wish, isSearch, sight)
  const { above, listing, entryAt } = entries
  const selection = useSelection(entries, JSON.stringify(wish))
  const [asking, setAsking] = useState<Asking>()
  const [menuAt, setMenuAt] = useState<Point>()
  const scroller = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)

  const act: Act = (verb, given) => {
    const [first] = given
    // Keys of the list ask for anything.
    if (first === undefined || !canDo(verb, given, mayChange)) return
    if (verb === 'open') void (first.kind === 'folder' ? toFolder(first.folder.id) : change({ open: first.file.id }))
    else if (verb === 'download') download(given)
    else if (verb === 'trash') {
      selection.clear()
      void trashEntries(given)
    } else setAsking({ verb, entries: given })
    scroller.current?.focus()
  }
  const chooseAll = async (): Promise<void> => {
    const files = await allFiles(wish, MOST_CHOSEN)
    selection.choose([...above.map(folderEntry), ...files.map(fileEntry)])
    if ((listing?.total ?? 0) > files.length) say(t.tooMany(files.length))
  }
  const openMenu = (row: number, at: Point): void => {
    const entry = entryAt(row)
    // Of a row that is still on its way there is nothing to do.
    if (entry === undefined && selection.chosen.size === 0) return
    if (entry !== undefined && !selection.chosen.has(idOf(entry))) selection.only(row)
    setMenuAt(at)
  }
  const see = (first: number, last: number): void => {
    if (first !== sight.first || last !== sight.last) setSight({ first, last })
  }
  const newFolder = (): void => setAsking({ verb: 'folder', entries: [] })
  const fetchOne = (): void => setAsking({ verb: 'import', entries: [] })
  useListKeys({ selection, entryAt, act, scroller, field, newFolder, mayChange, isOff: search.open !== undefined })
  const chosen = [...selection.chosen.values()]
  const dialogs = { asking, setAsking, menuAt, setMenuAt, openMenu, newFolder, fetchOne }
  return {
    wish,
    mayChange,
    search,
    change,
    isSearch,
    view,
    setView,
    entries,
    selection,
    chosen,
    act,
    chooseAll,
    see,
    scroller,
    field,
    ...dialogs,
  }
}
