import { Check, Copy as CopyIcon } from 'lucide-react'
import { useState } from 'react'
import { Button } from './button.tsx'
import { uiTexts } from './texts.ts'
import { sayProblem } from './toast.tsx'

/** Copies a text, and says that it did. */
export const CopyButton = ({ text, onCopied }: { readonly text: string; readonly onCopied?: () => void }) => {
  const t = uiTexts.use()
  const [done, setDone] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setDone(true)
      onCopied?.()
    } catch (error) {
      sayProblem(error)
    }
  }
  return (
    <Button onPress={copy}>
      {done ? <Check aria-hidden size={16} /> : <CopyIcon aria-hidden size={16} />}
      {done ? t.copied : t.copy}
    </Button>
  )
}
