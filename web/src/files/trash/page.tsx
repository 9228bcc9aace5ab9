import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Folder, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import {
  purgeTrash,
  purgeTrashItem,
  restoreFile,
  restoreFolder,
  type TrashItem,
} from '../../../../src/files/trash/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatAgo, formatBytes, formatDate } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Checkbox } from '../../ui/field.tsx'
import { Scroll } from '../../ui/scroll.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { refreshFiles } from '../changes.ts'
import { FilesFrame } from '../frame.tsx'
import { inTurn } from '../in-turn.ts'
import { useFilesAddress } from '../list/use-goto.ts'
import { type Team, trashQuery, useMayChange } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { trashTexts } from './texts.ts'

const restore = ({ id, kind }: TrashItem) =>
  kind === 'file' ? api.call(restoreFile, { params: { id } }) : api.call(restoreFolder, { params: { id } })

const useTrashActions = (team: Team, onDone: () => void) => {
  const t = trashTexts.use()
  const settle = { onError: sayProblem, onSettled: () => refreshFiles() }
  const restoring = useMutation({
    mutationFn: (items: readonly TrashItem[]) => inTurn(items, restore),
    onSuccess: ({ done, failures }) => {
      onDone()
      if (done.length > 0) say(t.restored(done.length))
      if (failures.length > 0) sayProblem(failures[0])
    },
    ...settle,
  })
  const purging = useMutation({
    /** Without items everything goes. */
    mutationFn: async (items?: readonly TrashItem[]) => {
      if (items === undefined)
        return (await api.call(purgeTrash, { query: team === undefined ? {} : { team_id: team } })).files
      const { done, failures } = await inTurn(items, ({ id }) => api.call(purgeTrashItem, { params: { id } }))
      if (failures.length > 0) sayProblem(failures[0])
      return done.reduce((sum, { files }) => sum + files, 0)
    },
    onSuccess: (files) => {
      onDone()
      say(t.purged(files))
    },
    ...settle,
  })
  return { restoring, purging }
}

/** What was deleted and can be taken back. */
export const TrashPage = () => {
  const t = trashTexts.use()
  const words = filesTexts.use()
  const { search } = useFilesAddress()
  const found = useInfiniteQuery(trashQuery(search.team))
  const items = found.data?.pages.flatMap((page) => page.items) ?? []
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<'some' | 'all'>()
  const { restoring, purging } = useTrashActions(search.team, () => {
    setChosen(new Set())
    setAsking(undefined)
  })
  const mayChange = useMayChange(search.team)
  const some = items.filter(({ id }) => chosen.has(id))
  return (
    <FilesFrame head={<h1>{words.trash}</h1>}>
      <div className="files-tools">
        {some.length > 0 ? (
          <>
            <output>{words.selected(some.length)}</output>
            <Button onPress={() => restoring.mutate(some)} isPending={restoring.isPending}>
              <RotateCcw aria-hidden size={16} />
              {t.restore}
            </Button>
            <Button tone="danger" onPress={() => setAsking('some')}>
              {t.purge}
            </Button>
          </>
        ) : (
          items.length > 0 &&
          mayChange && (
            <Button tone="danger" onPress={() => setAsking('all')}>
              <Trash2 aria-hidden size={16} />
              {t.emptyTrash}
            </Button>
          )
        )}
      </div>
      <div className="files-page">
        {found.error !== null && (
          <Empty
            title={t.failed}
            text={messageOf(found.error)}
            action={<Button onPress={() => found.refetch()}>{t.again}</Button>}
          />
        )}
        {found.data !== undefined && items.length === 0 && (
          <Empty
            icon={<Trash2 aria-hidden size={40} strokeWidth={1.25} className="files-empty-icon" />}
            title={t.empty}
            text={t.emptyText}
          />
        )}
        {items.length > 0 && (
          <TrashTable items={items} chosen={chosen} {...(mayChange ? { onChosen: setChosen } : {})} />
        )}
        {found.hasNextPage && (
          <Button onPress={() => found.fetchNextPage()} isPending={found.isFetchingNextPage}>
            {t.more}
          </Button>
        )}
      </div>
      <Confirm
        title={asking === 'all' ? t.emptyTitle : t.purgeTitle}
        text={asking === 'all' ? t.emptyAllText : t.purgeText(some.length)}
        action={asking === 'all' ? t.emptyTrash : t.purge}
        isOpen={asking !== undefined}
        isPending={purging.isPending}
        onConfirm={() => purging.mutate(asking === 'all' ? undefined : some)}
        onClose={() => setAsking(undefined)}
      />
    </FilesFrame>
  )
}

const TrashTable = ({
  items,
  chosen,
  onChosen,
}: {
  readonly items: readonly TrashItem[]
  readonly chosen: ReadonlySet<string>
  /** Left out where nothing can be done with what is chosen. */
  readonly onChosen?: (chosen: ReadonlySet<string>) => void
}) => {
  const t = trashTexts.use()
  const words = filesTexts.use()
  const toggle = (id: string, isOn: boolean): void => {
    const next = new Set(chosen)
    if (isOn) next.add(id)
    else next.delete(id)
    onChosen?.(next)
  }
  const isAll = items.every(({ id }) => chosen.has(id))
  return (
    <Scroll label={words.trash}>
      <table className="table trash">
        <thead>
          <tr>
            {onChosen !== undefined && (
              <th>
                <Checkbox
                  aria-label={t.selectAll}
                  isSelected={isAll}
                  isIndeterminate={chosen.size > 0 && !isAll}
                  onChange={(on) => onChosen(new Set(on ? items.map(({ id }) => id) : []))}
                />
              </th>
            )}
            <th>{t.name}</th>
            <th>{t.size}</th>
            <th className="trash-when">{t.deleted}</th>
            <th className="trash-when">{t.goes}</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ id, kind, name, files, size_bytes, trashed_at, purged_after }) => (
            <tr key={id}>
              {onChosen !== undefined && (
                <td>
                  <Checkbox
                    aria-label={words.select(name)}
                    isSelected={chosen.has(id)}
                    onChange={(on) => toggle(id, on)}
                  />
                </td>
              )}
              <td className="trash-name">
                {kind === 'folder' && <Folder aria-label={words.folder} size={18} />}
                <bdi>{name}</bdi>
                {kind === 'folder' && <small>{t.inside(files)}</small>}
              </td>
              <td>{formatBytes(size_bytes)}</td>
              <td className="trash-when">{formatAgo(trashed_at)}</td>
              <td className="trash-when">{formatDate(purged_after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
