import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { changeMove, type Move, startMove } from '../../../../src/files/storage/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatAgo, formatBytes } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Select } from '../../ui/select.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import { refreshFiles } from '../changes.ts'
import { movesQuery } from '../queries.ts'
import { storageTexts } from './texts.ts'

const LIVE_MS = 3_000

/** Moves of all files of a storage to another, and how far they are. */
export const Moves = ({ backends }: { readonly backends: readonly string[] }) => {
  const t = storageTexts.use()
  const found = useQuery({
    ...movesQuery,
    refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => state === 'running') ? LIVE_MS : false),
  })
  if (backends.length < 2 && (found.data?.length ?? 0) === 0) return null
  return (
    <section className="stack">
      <h2>{t.moves}</h2>
      {backends.length > 1 && <NewMove backends={backends} />}
      {found.error !== null && <Notice tone="danger">{messageOf(found.error)}</Notice>}
      {found.data?.length === 0 && <p className="shares-none">{t.noMoves}</p>}
      <ul className="backends">
        {found.data?.map((move) => (
          <MoveRow key={move.id} move={move} />
        ))}
      </ul>
    </section>
  )
}

const NewMove = ({ backends }: { readonly backends: readonly string[] }) => {
  const t = storageTexts.use()
  const choices = backends.map((name) => ({ id: name, name }))
  const [from, setFrom] = useState(backends[0] ?? '')
  const [to, setTo] = useState(backends[1] ?? '')
  const [isAsking, setIsAsking] = useState(false)
  const starting = useMutation({
    mutationFn: () => api.call(startMove, { body: { from, to } }),
    onError: sayProblem,
    onSettled: () => {
      setIsAsking(false)
      return refreshFiles()
    },
  })
  return (
    <div className="rule">
      <Select label={t.from} choices={choices} value={from} onChange={setFrom} />
      <Select label={t.target} choices={choices} value={to} onChange={setTo} />
      <Button isDisabled={from === to} onPress={() => setIsAsking(true)}>
        {t.startMove}
      </Button>
      <Confirm
        title={t.startTitle}
        text={t.startText(from, to)}
        action={t.startMove}
        isOpen={isAsking}
        isPending={starting.isPending}
        onConfirm={() => starting.mutate()}
        onClose={() => setIsAsking(false)}
      />
    </div>
  )
}

const MoveRow = ({ move }: { readonly move: Move }) => {
  const t = storageTexts.use()
  const { id, from, to, state, moved, total, updated_at } = move
  const changing = useMutation({
    mutationFn: (action: 'pause' | 'resume' | 'cancel') => api.call(changeMove, { params: { id, action } }),
    onError: sayProblem,
    onSettled: () => refreshFiles(),
  })
  const isOver = state === 'done' || state === 'cancelled'
  return (
    <li className="backend">
      <div className="backend-head">
        <h3>{t.moveOf(from, to)}</h3>
        <span className="chip">{t[state]}</span>
      </div>
      <Progress label={t.moveOf(from, to)} value={total.bytes === 0 ? 1 : moved.bytes / total.bytes} />
      <p>
        {formatBytes(moved.bytes)} / {formatBytes(total.bytes)} · {formatAgo(updated_at)}
      </p>
      {!isOver && (
        <div className="backend-verbs">
          <Button onPress={() => changing.mutate(state === 'running' ? 'pause' : 'resume')}>
            {state === 'running' ? t.pause : t.resume}
          </Button>
          <Button tone="danger" onPress={() => changing.mutate('cancel')}>
            {t.cancel}
          </Button>
        </div>
      )}
    </li>
  )
}
