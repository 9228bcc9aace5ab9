import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { requestFiles, shareFile, shareFolder } from '../../../../src/files/shares/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { refreshFiles } from '../changes.ts'
import { type Entry, idOf, nameOf } from '../entry.ts'
import { ShareList } from './list.tsx'
import { shareTexts } from './texts.ts'
import './shares.css'

const HOUR = 3_600
const SPANS = { hour: HOUR, day: 24 * HOUR, week: 168 * HOUR, month: 720 * HOUR, never: undefined } as const
type Span = keyof typeof SPANS

interface Wish {
  readonly span: Span
  readonly password: string
  /** How often at most; empty is without end. */
  readonly most: string
}

const make = (entry: Entry, isRequest: boolean, { span, password, most }: Wish) => {
  const params = { id: idOf(entry) }
  const seconds = SPANS[span]
  const common = {
    ...(seconds === undefined ? {} : { expires_in: seconds }),
    ...(password === '' ? {} : { password }),
  }
  const count = most === '' ? undefined : Number(most)
  if (isRequest)
    return api.call(requestFiles, { params, body: { ...common, ...(count === undefined ? {} : { max_files: count }) } })
  const body = { ...common, ...(count === undefined ? {} : { max_downloads: count }) }
  return entry.kind === 'file' ? api.call(shareFile, { params, body }) : api.call(shareFolder, { params, body })
}

/** Makes links to a file or folder, or links by which others put files into a folder; and lists those there are. */
export const ShareSheet = ({
  entry,
  isRequest,
  onClose,
}: {
  readonly entry: Entry
  readonly isRequest: boolean
  readonly onClose: () => void
}) => {
  const t = shareTexts.use()
  const title = isRequest ? t.request(nameOf(entry)) : t.share(nameOf(entry))
  return (
    <Dialog title={title} isOpen onClose={onClose} place="side">
      <p>{isRequest ? t.requestText : t.shareText}</p>
      <NewLink entry={entry} isRequest={isRequest} />
      <h3>{t.existing}</h3>
      <ShareList of={entry.kind === 'file' ? { file_id: entry.file.id } : { folder_id: entry.folder.id }} />
    </Dialog>
  )
}

const NewLink = ({ entry, isRequest }: { readonly entry: Entry; readonly isRequest: boolean }) => {
  const t = shareTexts.use()
  const [wish, setWish] = useState<Wish>({ span: 'week', password: '', most: '' })
  const isWrong = wish.most !== '' && !/^[1-9]\d{0,8}$/.test(wish.most)
  const making = useMutation({
    mutationFn: () => make(entry, isRequest, wish),
    onSuccess: () => refreshFiles(),
  })
  return (
    <Form
      className="stack"
      onSubmit={() => {
        if (!isWrong) making.mutate()
      }}
    >
      <Select
        label={t.expires}
        choices={(['hour', 'day', 'week', 'month', 'never'] as const).map((id) => ({ id, name: t[id] }))}
        value={wish.span}
        onChange={(span) => setWish({ ...wish, span })}
      />
      <TextField
        label={t.password}
        hint={t.passwordHint}
        type="password"
        autoComplete="new-password"
        maxLength={256}
        value={wish.password}
        onChange={(password) => setWish({ ...wish, password })}
      />
      <TextField
        label={isRequest ? t.maxFiles : t.maxDownloads}
        inputMode="numeric"
        value={wish.most}
        onChange={(most) => setWish({ ...wish, most: most.trim() })}
        error={isWrong ? t.whole : undefined}
      />
      {making.error !== null && <Notice tone="danger">{messageOf(making.error)}</Notice>}
      <Button type="submit" tone="accent" isPending={making.isPending}>
        {t.create}
      </Button>
      {making.data !== undefined && (
        <Notice tone="ok">
          <p>{t.created}</p>
          <p className="share-new">
            <code>{making.data.url}</code>
            <CopyButton text={making.data.url} />
          </p>
        </Notice>
      )}
    </Form>
  )
}
