import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Merge, Pencil, Tags, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { deleteTag, mergeTags, renameTag } from '../../../../src/cards/tags/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { refreshLists, refreshTags } from '../cache.ts'
import { tagsQuery } from '../queries.ts'
import { pillOf } from '../search/pills.ts'
import { cardsTexts } from '../texts.ts'
import { TagNameDialog } from './tag-name-dialog.tsx'
import { pageTexts } from './texts.ts'
import './pages.css'

interface Tag {
  readonly name: string
  readonly count: number
}

const useTagChange = () => {
  const t = pageTexts.use()
  return useMutation({
    mutationFn: (work: () => Promise<{ changed: number }>) => work(),
    onSuccess: async ({ changed }) => {
      say(t.changed(changed))
      await Promise.all([refreshTags(), refreshLists()])
    },
    onError: sayProblem,
  })
}

/** All tags: how many cards each has, other names, several made one. */
const TagsPage = () => {
  const t = pageTexts.use()
  const words = cardsTexts.use()
  const { data: tags, error, refetch } = useQuery(tagsQuery)
  if (error !== null)
    return (
      <Notice tone="danger">
        {messageOf(error)} <Button onPress={() => void refetch()}>{words.again}</Button>
      </Notice>
    )
  if (tags === undefined) return <div className="skeleton rows-skeleton" />
  if (tags.length === 0)
    return (
      <Empty
        icon={<Tags aria-hidden size={48} strokeWidth={1.25} className="type-icon" />}
        title={t.tagsEmpty}
        text={t.tagsEmptyText}
        action={<ButtonLink href="/cards/">{t.toCards}</ButtonLink>}
      />
    )
  return <TagList tags={tags} />
}
export default TagsPage

const TagList = ({ tags }: { readonly tags: readonly Tag[] }) => {
  const t = pageTexts.use()
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [renamed, setRenamed] = useState<Tag>()
  const [removed, setRemoved] = useState<Tag>()
  const [isMerging, setMerging] = useState(false)
  const change = useTagChange()
  const shown = tags.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()))
  const names = tags.filter(({ name }) => chosen.has(name)).map(({ name }) => name)
  return (
    <div className="rows-page">
      <div className="rows-head">
        <TextField label={t.filter} type="search" value={typed} onChange={setTyped} />
        <Button isDisabled={names.length < 2} onPress={() => setMerging(true)}>
          <Merge aria-hidden size={16} />
          {t.merge}
        </Button>
      </div>
      <ul className="rows">
        {shown.map((tag) => (
          <TagRow
            key={tag.name}
            tag={tag}
            isChosen={chosen.has(tag.name)}
            onChoose={(isIn) =>
              setChosen((now) => new Set(isIn ? [...now, tag.name] : [...now].filter((name) => name !== tag.name)))
            }
            onRename={() => setRenamed(tag)}
            onRemove={() => setRemoved(tag)}
          />
        ))}
      </ul>
      {renamed !== undefined && (
        <TagNameDialog
          title={t.renameTitle(renamed.name)}
          label={t.newName}
          action={t.rename}
          name={renamed.name}
          onClose={() => setRenamed(undefined)}
          onName={(name) =>
            change.mutate(() => api.call(renameTag, { params: { name: renamed.name }, body: { name } }))
          }
        />
      )}
      {isMerging && (
        <MergeDialog
          names={names}
          onClose={() => setMerging(false)}
          onMerge={(into) => {
            change.mutate(() => api.call(mergeTags, { body: { from: names, into } }))
            setChosen(new Set())
          }}
        />
      )}
      <Confirm
        title={t.removeTitle(removed?.name ?? '')}
        text={t.removeText(removed?.count ?? 0)}
        action={t.remove}
        isOpen={removed !== undefined}
        onClose={() => setRemoved(undefined)}
        onConfirm={() => {
          const name = removed?.name ?? ''
          change.mutate(() => api.call(deleteTag, { params: { name } }))
        }}
      />
    </div>
  )
}

const MergeDialog = ({
  names,
  onClose,
  onMerge,
}: {
  readonly names: readonly string[]
  readonly onClose: () => void
  readonly onMerge: (into: string) => void
}) => {
  const t = pageTexts.use()
  return (
    <TagNameDialog
      title={t.mergeTitle(names.length)}
      label={t.into}
      action={t.merge}
      name={names[0] ?? ''}
      onClose={onClose}
      onName={onMerge}
    />
  )
}

const TagRow = ({
  tag: { name, count },
  isChosen,
  onChoose,
  onRename,
  onRemove,
}: {
  readonly tag: Tag
  readonly isChosen: boolean
  readonly onChoose: (isChosen: boolean) => void
  readonly onRename: () => void
  readonly onRemove: () => void
}) => {
  const t = pageTexts.use()
  const navigate = useNavigate()
  return (
    <li className="row">
      <Checkbox isSelected={isChosen} onChange={onChoose} aria-label={t.select(name)} />
      <button
        type="button"
        className="row-main"
        onClick={() => navigate({ to: '/cards/$', params: { _splat: '' }, search: { q: pillOf('tag', name) } })}
      >
        <span className="chip" data-area="cards" dir="auto">
          {name}
        </span>
        <span className="row-muted">{t.cards(count)}</span>
      </button>
      <IconButton label={`${t.rename}: ${name}`} onPress={onRename}>
        <Pencil aria-hidden size={16} />
      </IconButton>
      <IconButton label={`${t.remove}: ${name}`} onPress={onRemove}>
        <Trash2 aria-hidden size={16} />
      </IconButton>
    </li>
  )
}
