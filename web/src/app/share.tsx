import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { homeTexts } from '../home/texts.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { ButtonLink } from '../ui/link.tsx'
import { say, sayProblem } from '../ui/toast.tsx'
import { capture } from './outbox.ts'
import { useAccount } from './session.ts'
import { contentOf } from './shared.ts'
import { shellTexts } from './texts.ts'

/** Where other apps share to. It asks before it saves: any page can make a browser open an address. */
export const SharePage = () => {
  const t = homeTexts.use()
  const words = shellTexts.use()
  const shared = useSearch({ from: '/signed-in/share' })
  const [text, setText] = useState(contentOf(shared))
  const [isSaving, setIsSaving] = useState(false)
  const accountId = useAccount()?.id
  const navigate = useNavigate()
  const save = async (): Promise<void> => {
    if (accountId === undefined) return
    setIsSaving(true)
    const outcome = await capture(accountId, text)
    setIsSaving(false)
    if (typeof outcome !== 'string') return sayProblem(new Error(outcome.refused))
    say(t[outcome])
    await navigate({ to: '/', replace: true })
  }
  return (
    <Form className="narrow" onSubmit={() => void save()}>
      <h1>{t.captureLabel}</h1>
      <TextField label={words.card} rows={6} value={text} onChange={setText} autoFocus />
      <div className="dialog-actions">
        <ButtonLink href="/">{words.cancel}</ButtonLink>
        <Button type="submit" tone="accent" isPending={isSaving} isDisabled={text.trim() === ''}>
          {t.save}
        </Button>
      </div>
    </Form>
  )
}
