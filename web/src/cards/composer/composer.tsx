import { useMutation } from '@tanstack/react-query'
import { Paperclip } from 'lucide-react'
import { type ClipboardEvent, type Ref, useImperativeHandle, useRef, useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { createCard } from '../../../../src/cards/cards/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say } from '../../ui/toast.tsx'
import { addCards } from '../cache.ts'
import { linesOfUrls } from '../card.ts'
import { saveLinks, showNew, trashCards } from '../changes.ts'
import { readCard } from '../queries.ts'
import { composerTexts } from './texts.ts'
import { UploadList } from './upload-list.tsx'
import { uploadAsCards } from './uploads.ts'
import './composer.css'

export interface ComposerHandle {
  focus(): void
  /** Saves what was pasted or dropped on the page. */
  take(text: string): void
}

interface Duplicate {
  readonly cardId: string
  readonly duplicateOf: string
}

/** The first thing on the page: whatever is put here becomes a card. */
export const Composer = ({
  onOpen,
  handle,
}: {
  readonly onOpen: (id: string) => void
  readonly handle: Ref<ComposerHandle>
}) => {
  const t = composerTexts.use()
  const field = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState('')
  const [duplicate, setDuplicate] = useState<Duplicate>()
  const urls = linesOfUrls(text)

  const saving = useMutation({
    mutationFn: (content: string) =>
      api.call(createCard, { body: { content }, headers: { 'idempotency-key': crypto.randomUUID() } }),
    onSuccess: async ({ cardId, duplicateOf }) => {
      setText('')
      setDuplicate(duplicateOf === undefined ? undefined : { cardId, duplicateOf })
      await showNew(cardId)
    },
  })
  const savingLinks = useMutation({
    mutationFn: saveLinks,
    onSuccess: (count) => {
      setText('')
      say(t.savedLinks(count))
    },
  })
  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    take: (pasted) => {
      setText((before) => (before === '' ? pasted : `${before}\n${pasted}`))
      field.current?.focus()
    },
  }))

  const save = (): void => {
    if (text.trim() !== '' && !saving.isPending) saving.mutate(text)
  }
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files]
    if (files.length === 0 || event.clipboardData.getData('text/plain') !== '') return
    event.preventDefault()
    uploadAsCards(files)
  }
  const failure = saving.error ?? savingLinks.error

  return (
    <section className="composer" aria-label={t.label}>
      <textarea
        ref={field}
        className="input"
        aria-label={t.label}
        placeholder={t.placeholder}
        dir="auto"
        rows={text === '' ? 1 : Math.min(12, text.split('\n').length + 1)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onPaste={onPaste}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
            event.preventDefault()
            save()
          } else if (event.key === 'Escape') field.current?.blur()
        }}
      />
      {failure !== null && <Notice tone="danger">{messageOf(failure)}</Notice>}
      {duplicate !== undefined && (
        <DuplicateNotice duplicate={duplicate} onOpen={onOpen} onDone={() => setDuplicate(undefined)} />
      )}
      <div className="composer-actions">
        <FileTrigger allowsMultiple onSelect={(files) => files !== null && uploadAsCards([...files])}>
          <IconButton label={t.attach}>
            <Paperclip aria-hidden size={18} />
          </IconButton>
        </FileTrigger>
        {urls !== undefined && <span>{t.bulk(urls.length)}</span>}
        <span className="composer-gap" />
        {urls !== undefined && (
          <Button onPress={() => savingLinks.mutate(urls)} isPending={savingLinks.isPending} tone="accent">
            {t.saveEach}
          </Button>
        )}
        <Button
          tone={urls === undefined ? 'accent' : 'plain'}
          onPress={save}
          isPending={saving.isPending}
          isDisabled={text.trim() === ''}
        >
          {urls === undefined ? t.save : t.saveAsText}
        </Button>
      </div>
      <UploadList />
    </section>
  )
}

const DuplicateNotice = ({
  duplicate: { cardId, duplicateOf },
  onOpen,
  onDone,
}: {
  readonly duplicate: Duplicate
  readonly onOpen: (id: string) => void
  readonly onDone: () => void
}) => {
  const t = composerTexts.use()
  const openOther = async (): Promise<void> => {
    onDone()
    onOpen(duplicateOf)
    const { card } = await readCard(cardId)
    addCards([card])
    await trashCards([card])
  }
  return (
    <Notice tone="warn">
      {t.duplicate}{' '}
      <span className="composer-choices">
        <Button onPress={() => void openOther()}>{t.openOther}</Button>
        <Button tone="quiet" onPress={onDone}>
          {t.keepBoth}
        </Button>
      </span>
    </Notice>
  )
}
