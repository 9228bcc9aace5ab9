import { Upload } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ContextMenu } from '../../ui/menu.tsx'
import { nameOf } from '../entry.ts'
import { FilesFrame } from '../frame.tsx'
import { filesTexts } from '../texts.ts'
import { Breadcrumb, useTrail } from './breadcrumb.tsx'
import { Dialogs } from './dialogs.tsx'
import { DropZone } from './drop-zone.tsx'
import { FileList } from './file-list.tsx'
import { SearchPills } from './search-bar.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { Toolbar, usePickers } from './toolbar.tsx'
import { type FolderState, useFolder } from './use-folder.ts'
import { useVerbMenu } from './verbs.tsx'

const Preview = lazy(async () => ({ default: (await import('../preview/preview.tsx')).Preview }))

/** A folder, or what a search has found. */
export const FolderPage = ({ folder }: { readonly folder: string | null }) => {
  const state = useFolder(folder)
  const { search, change, wish, entries, selection, chosen, act, setAsking, mayChange } = state
  const pickers = usePickers(folder, wish.team)
  const here = useTrail(folder, wish.team).at(-1)?.name ?? ''
  return (
    <FilesFrame head={<Breadcrumb folder={folder} />}>
      {chosen.length > 0 ? (
        <SelectionBar
          entries={chosen}
          onClear={selection.clear}
          onAll={() => void state.chooseAll()}
          act={act}
          mayChange={mayChange}
        />
      ) : (
        <Toolbar
          view={state.view}
          onView={state.setView}
          sort={wish.sort}
          order={wish.order}
          field={state.field}
          onNewFolder={state.newFolder}
          onImport={state.fetchOne}
          pickers={pickers}
          mayChange={mayChange}
        />
      )}
      <SearchPills found={entries.listing?.total} />
      <Body state={state} onUpload={pickers.pickFiles} />
      <RowMenu state={state} />
      <Dialogs asking={state.asking} folder={folder} team={wish.team} onClose={() => setAsking(undefined)} />
      {mayChange && <DropZone folder={folder} team={wish.team} name={here} />}
      {search.open !== undefined && (
        <Suspense>
          <Preview
            id={search.open}
            listing={entries.listing}
            onGo={(id) => void change({ open: id }, true)}
            onClose={() => void change({ open: undefined })}
            onShare={(entry) => setAsking({ verb: 'share', entries: [entry] })}
          />
        </Suspense>
      )}
    </FilesFrame>
  )
}

interface PartProps {
  readonly state: FolderState
}

const RowMenu = ({ state: { chosen, act, mayChange, menuAt, setMenuAt } }: PartProps) => {
  const t = filesTexts.use()
  const actions = useVerbMenu(chosen, act, mayChange)
  const [first] = chosen
  const what = chosen.length === 1 && first !== undefined ? nameOf(first) : t.selected(chosen.length)
  return <ContextMenu label={t.actions(what)} at={menuAt} actions={actions} onClose={() => setMenuAt(undefined)} />
}

const Body = ({ state, onUpload }: PartProps & { readonly onUpload: () => void }) => {
  const t = filesTexts.use()
  const { entries, isSearch, wish, change, mayChange } = state
  const isEmpty = entries.isReady && entries.count === 0
  const wasEmpty = useRef(isEmpty)
  useEffect(() => {
    // The button that filled it is gone, and would take the focus with it.
    if (wasEmpty.current && !isEmpty && document.activeElement === document.body) state.scroller.current?.focus()
    wasEmpty.current = isEmpty
  })
  if (entries.error !== null)
    return (
      <Empty
        title={t.failed}
        text={messageOf(entries.error)}
        action={<Button onPress={() => void entries.refetch()}>{t.again}</Button>}
      />
    )
  if (!entries.isReady) return <Loading />
  if (isEmpty)
    return (
      <Empty
        icon={<Upload aria-hidden size={40} strokeWidth={1.25} className="files-empty-icon" />}
        title={isSearch ? t.noneFound : t.empty}
        text={isSearch ? t.noneFoundText : mayChange ? t.emptyText : t.emptyReadText}
        action={!isSearch && mayChange && <Button onPress={onUpload}>{t.uploadFiles}</Button>}
      />
    )
  return (
    <FileList
      scroller={state.scroller}
      view={state.view}
      count={entries.count}
      entryAt={entries.entryAt}
      selection={state.selection}
      sort={wish.sort}
      order={wish.order}
      onSort={(sort, order) => void change({ sort, order }, true)}
      onSight={state.see}
      onAll={() => void state.chooseAll()}
      onMenu={state.openMenu}
      act={state.act}
    />
  )
}

const Loading = () => {
  const t = filesTexts.use()
  return (
    <div className="files-loading" role="status" aria-label={t.loading}>
      {['a', 'b', 'c', 'd', 'e', 'f'].map((line) => (
        <div key={line} className="skeleton" />
      ))}
    </div>
  )
}
