import { ArrowDownWideNarrow, Check, FolderPlus, Globe, LayoutGrid, List, Plus, Upload } from 'lucide-react'
import { type RefObject, useRef } from 'react'
import type { FILE_VIEWS } from '../../../../src/accounts/preferences/contract.ts'
import type { FileSort } from '../../../../src/files/files/contract.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import type { Order } from '../address.ts'
import type { Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { enqueueUploads } from '../uploads/index.ts'
import { NarrowMenu, SearchBar } from './search-bar.tsx'
import { useFilesAddress } from './use-goto.ts'

export type View = (typeof FILE_VIEWS)[number]

const SORTS = [
  ['file_name', 'name'],
  ['updated_at', 'modified'],
  ['created_at', 'added'],
  ['file_size', 'size'],
] as const

export const defaultOrder = (sort: FileSort): Order => (sort === 'file_name' ? 'asc' : 'desc')

const SortMenu = ({ sort, order }: { readonly sort: FileSort; readonly order: Order }) => {
  const t = filesTexts.use()
  const { change } = useFilesAddress()
  const mark = (isOn: boolean) => (isOn ? <Check aria-hidden size={16} /> : <span className="menu-gap" />)
  return (
    <Menu
      label={t.sortBy}
      trigger={
        <IconButton label={t.sortBy}>
          <ArrowDownWideNarrow aria-hidden size={18} />
        </IconButton>
      }
      actions={[
        ...SORTS.map(([id, name]) => ({
          id,
          name: t[name],
          icon: mark(sort === id),
          onAction: () => void change({ sort: id, order: undefined }, true),
        })),
        null,
        {
          id: 'asc',
          name: t.ascending,
          icon: mark(order === 'asc'),
          onAction: () => void change({ order: 'asc' }, true),
        },
        {
          id: 'desc',
          name: t.descending,
          icon: mark(order === 'desc'),
          onAction: () => void change({ order: 'desc' }, true),
        },
      ]}
    />
  )
}

/** Asks for files or a folder to upload, with the browser's own window. */
export const usePickers = (folder: string | null, team: Team) => {
  const files = useRef<HTMLInputElement>(null)
  const tree = useRef<HTMLInputElement>(null)
  const input = (ref: RefObject<HTMLInputElement | null>, isTree: boolean) => (
    <input
      ref={ref}
      type="file"
      multiple
      hidden
      {...(isTree ? { webkitdirectory: '' } : {})}
      onChange={(event) => {
        const chosen = [...(event.target.files ?? [])]
        event.target.value = ''
        void enqueueUploads(chosen, folder, team)
      }}
    />
  )
  return {
    pickFiles: () => files.current?.click(),
    pickFolder: () => tree.current?.click(),
    inputs: (
      <>
        {input(files, false)}
        {input(tree, true)}
      </>
    ),
  }
}

export const Toolbar = ({
  view,
  onView,
  sort,
  order,
  field,
  onNewFolder,
  onImport,
  pickers,
  mayChange,
}: {
  readonly view: View
  readonly onView: (view: View) => void
  readonly sort: FileSort
  readonly order: Order
  readonly field: RefObject<HTMLInputElement | null>
  readonly onNewFolder: () => void
  readonly onImport: () => void
  readonly pickers: ReturnType<typeof usePickers>
  readonly mayChange: boolean
}) => {
  const t = filesTexts.use()
  const isList = view === 'list'
  return (
    <div className="files-tools">
      <SearchBar field={field} />
      <NarrowMenu />
      <SortMenu sort={sort} order={order} />
      <IconButton label={isList ? t.grid : t.list} onPress={() => onView(isList ? 'grid' : 'list')}>
        {isList ? <LayoutGrid aria-hidden size={18} /> : <List aria-hidden size={18} />}
      </IconButton>
      {mayChange && (
        <Menu
          label={t.add}
          trigger={
            <Button tone="accent">
              <Plus aria-hidden size={18} />
              {t.add}
            </Button>
          }
          actions={[
            { id: 'files', name: t.uploadFiles, icon: <Upload aria-hidden size={18} />, onAction: pickers.pickFiles },
            { id: 'tree', name: t.uploadFolder, icon: <Upload aria-hidden size={18} />, onAction: pickers.pickFolder },
            { id: 'import', name: t.fromAddress, icon: <Globe aria-hidden size={18} />, onAction: onImport },
            null,
            {
              id: 'folder',
              name: t.newFolder,
              icon: <FolderPlus aria-hidden size={18} />,
              shortcut: 'N',
              onAction: onNewFolder,
            },
          ]}
        />
      )}
      {pickers.inputs}
    </div>
  )
}
