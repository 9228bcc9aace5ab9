import { useQuery } from '@tanstack/react-query'
import { Upload } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ContextMenu } from '../../ui/menu.tsx'
import { say } from '../../ui/toast.tsx'
import { trashEntries } from '../changes.ts'
import { type Entry, fileEntry, folderEntry, idOf, nameOf } from '../entry.ts'
import { FilesFrame } from '../frame.tsx'
import { downloadUrl } from '../preview/address.ts'
import { foldersQuery } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { Breadcrumb, useTrail } from './breadcrumb.tsx'
import { type Asking, Dialogs } from './dialogs.tsx'
import { DropZone } from './drop-zone.tsx'
import { FileList } from './file-list.tsx'
import { countOf, fileAt } from './listing.ts'
import { SearchPills } from './search-bar.tsx'
import { parseSearch } from './search-words.ts'
import { SelectionBar } from './selection-bar.tsx'
import { defaultOrder, Toolbar, usePickers, type View } from './toolbar.tsx'
import { useFilesAddress } from './use-goto.ts'
import { useListKeys } from './use-list-keys.tsx'
import { allFiles, type ListWish, loadFiles, useListing } from './use-listing.ts'
import { useSelection } from './use-selection.ts'
import { type Act, useVerbMenu } from './verbs.tsx'

const Preview = lazy(async () => ({ default: (await import('../preview/preview.tsx')).Preview }))

const MOST_CHOSEN = 10_000
const KEPT_VIEW = 'latchkey.files.view'

const useView = (): [View, (view: View) => void] => {
  const [view, setView] = useState<View>(localStorage.getItem(KEPT_VIEW) === 'grid' ? 'grid' : 'list')
  const choose = (wanted: View): void => {
    localStorage.setItem(KEPT_VIEW, wanted)
    setView(wanted)
  }
  return [view, choose]
}

/** The folders first, then the files as they come. */
const useEntries = (wish: ListWish, isSearch: boolean, sight: { first: number; last: number }) => {
  const folders = useQuery({ ...foldersQuery(wish.folder, wish.team), enabled: !isSearch })
  const above = isSearch ? [] : (folders.data ?? [])
  const found = useListing(wish, { first: sight.first - above.length, last: sight.last - above.length })
  const listing = found.data
  const count = above.length + (listing === undefined ? 0 : countOf(listing))
  const entryAt = (row: number): Entry | undefined => {
    const folder = above[row]
    if (folder !== undefined) return folderEntry(folder)
    const file = listing === undefined ? undefined : fileAt(listing, row - above.length)
    return file === undefined ? undefined : fileEntry(file)
  }
  const load = async (first: number, last: number): Promise<readonly Entry[]> => {
    const files = await loadFiles(wish, first - above.length, last - above.length)
    return [...above.slice(first, last).map(folderEntry), ...files.map(fileEntry)]
  }
  return { above, listing, count, entryAt, load, error: found.error ?? folders.error, refetch: found.refetch }
}

const download = (entries: readonly Entry[]): void => {
  for (const entry of entries) {
    if (entry.kind !== 'file') continue
    const link = document.createElement('a')
    link.href = downloadUrl(entry.file.id)
    link.download = nameOf(entry)
    link.click()
  }
}

/** A folder, or what a search has found. */
export const FolderPage = ({ folder }: { readonly folder: string | null }) => {
  const t = filesTexts.use()
  const { search, change, toFolder } = useFilesAddress()
  const { team, sort = 'file_name' } = search
  const order = search.order ?? defaultOrder(sort)
  const words = parseSearch(search.q ?? '')
  const isSearch = search.q !== undefined
  const wish: ListWish = { folder, team, words, sort, order }

  const [view, setView] = useView()
  const [sight, setSight] = useState({ first: 0, last: 40 })
  const entries = useEntries(wish, isSearch, sight)
  const { listing, count, entryAt } = entries
  const selection = useSelection(entries, JSON.stringify(wish))
  const [asking, setAsking] = useState<Asking>()
  const [menuAt, setMenuAt] = useState<{ x: number; y: number }>()
  const scroller = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const pickers = usePickers(folder, team)
  const here = useTrail(folder, team).at(-1)?.name ?? ''

  const chosen = [...selection.chosen.values()]
  const act: Act = (verb, given) => {
    const [first] = given
    if (first === undefined) return
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
    selection.choose([...entries.above.map(folderEntry), ...files.map(fileEntry)])
    if ((listing?.total ?? 0) > files.length) say(t.tooMany(files.length))
  }
  const openMenu = (row: number, at: { x: number; y: number }): void => {
    const entry = entryAt(row)
    if (entry !== undefined && !selection.chosen.has(idOf(entry))) selection.only(row)
    setMenuAt(at)
  }
  const newFolder = (): void => setAsking({ verb: 'folder', entries: [] })
  useListKeys({ selection, entryAt, act, scroller, field, newFolder, isOff: search.open !== undefined })
  const menu = useVerbMenu(chosen, act)

  return (
    <FilesFrame head={<Breadcrumb folder={folder} />}>
      {chosen.length > 0 ? (
        <SelectionBar entries={chosen} onClear={selection.clear} onAll={() => void chooseAll()} act={act} />
      ) : (
        <Toolbar
          view={view}
          onView={setView}
          sort={sort}
          order={order}
          field={field}
          onNewFolder={newFolder}
          pickers={pickers}
        />
      )}
      <SearchPills found={listing?.total} />
      {entries.error !== null ? (
        <Empty
          title={t.failed}
          text={messageOf(entries.error)}
          action={<Button onPress={() => void entries.refetch()}>{t.again}</Button>}
        />
      ) : listing !== undefined && count === 0 ? (
        <Empty
          icon={<Upload aria-hidden size={40} strokeWidth={1.25} className="files-empty-icon" />}
          title={isSearch ? t.noneFound : t.empty}
          text={isSearch ? t.noneFoundText : t.emptyText}
          action={!isSearch && <Button onPress={pickers.pickFiles}>{t.uploadFiles}</Button>}
        />
      ) : listing === undefined ? (
        <div className="files-loading" role="status" aria-label={t.loading}>
          {['a', 'b', 'c', 'd', 'e', 'f'].map((line) => (
            <div key={line} className="skeleton" />
          ))}
        </div>
      ) : (
        <FileList
          scroller={scroller}
          view={view}
          count={count}
          entryAt={entryAt}
          selection={selection}
          sort={sort}
          order={order}
          onSort={(wanted, direction) => void change({ sort: wanted, order: direction }, true)}
          onSight={(first, last) => {
            if (first !== sight.first || last !== sight.last) setSight({ first, last })
          }}
          onAll={() => void chooseAll()}
          onMenu={openMenu}
          act={act}
        />
      )}
      <ContextMenu
        label={t.actions(
          chosen.length === 1 && chosen[0] !== undefined ? nameOf(chosen[0]) : t.selected(chosen.length),
        )}
        at={menuAt}
        actions={menu}
        onClose={() => setMenuAt(undefined)}
      />
      <Dialogs asking={asking} folder={folder} team={team} onClose={() => setAsking(undefined)} />
      <DropZone folder={folder} team={team} name={here} />
      {search.open !== undefined && (
        <Suspense>
          <Preview
            id={search.open}
            listing={listing}
            onGo={(id) => void change({ open: id }, true)}
            onClose={() => void change({ open: undefined })}
            onShare={(entry) => setAsking({ verb: 'share', entries: [entry] })}
          />
        </Suspense>
      )}
    </FilesFrame>
  )
}
