import { useNavigate, useSearch } from '@tanstack/react-router'
import { Paperclip } from 'lucide-react'
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { isMac } from '../app/actions.ts'
import { showKeys } from '../app/keys.ts'
import { capture } from '../app/outbox.ts'
import { useAccount } from '../app/session.ts'
import { enqueueUploads } from '../files/uploads/index.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { say, sayProblem } from '../ui/toast.tsx'
import { homeTexts } from './texts.ts'

/** One box for everything new: a text or a link becomes a card, files are uploaded. */
export const Capture = () => {
  const t = homeTexts.use()
  const accountId = useAccount()?.id
  const [text, setText] = useState('')
  const [isOver, setIsOver] = useState(false)
  const [isSaving, setIsSaving] = useState(false)
  const box = useFocusOnDemand()

  const save = async (): Promise<void> => {
    if (text.trim() === '' || accountId === undefined || isSaving) return
    setIsSaving(true)
    setText('')
    try {
      const outcome = await capture(accountId, text)
      if (typeof outcome === 'string') return say(t[outcome])
      // Nothing that was written may be lost, also not what the server does not want.
      setText((now) => (now === '' ? text : `${text}\n${now}`))
      sayProblem(new Error(outcome.refused))
    } finally {
      setIsSaving(false)
    }
  }
  const upload = (files: readonly File[]): void => {
    if (files.length === 0) return
    void enqueueUploads(files)
    say(t.uploading(files.length))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
    event.preventDefault()
    void save()
  }
  const onPaste = (event: ClipboardEvent): void => {
    if (event.clipboardData.files.length === 0) return
    event.preventDefault()
    upload([...event.clipboardData.files])
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has its twin in the button that chooses files.
    <div
      className="capture"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setIsOver(false)
        upload([...event.dataTransfer.files])
      }}
    >
      <textarea
        ref={box}
        className="capture-text"
        aria-label={t.captureLabel}
        placeholder={isOver ? t.drop : t.capturePlaceholder}
        rows={Math.min(10, Math.max(2, text.split('\n').length))}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="capture-actions">
        <FileTrigger allowsMultiple onSelect={(files) => upload([...(files ?? [])])}>
          <IconButton label={t.chooseFiles}>
            <Paperclip aria-hidden size={18} />
          </IconButton>
        </FileTrigger>
        <span className="capture-hint">{t.captureKeys(showKeys('mod+enter', isMac))}</span>
        <Button tone="accent" onPress={save} isPending={isSaving} isDisabled={text.trim() === ''}>
          {t.save}
        </Button>
      </div>
    </div>
  )
}

/** `/?new=true` is the address of a new thing: for the key, the palette and the icon's menu of an installed app. */
const useFocusOnDemand = () => {
  const box = useRef<HTMLTextAreaElement>(null)
  const { new: isNew } = useSearch({ from: '/signed-in/' })
  const navigate = useNavigate()
  useEffect(() => {
    if (isNew !== true) return
    box.current?.focus()
    void navigate({ to: '/', search: {}, replace: true })
  }, [isNew, navigate])
  return box
}
