import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { keyTexts } from './texts.ts'

/** Shows a key this once, and asks before it is lost. */
export const NewKey = ({ value, onClose }: { readonly value: string; readonly onClose: () => void }) => {
  const t = keyTexts.use()
  const [isCopied, setIsCopied] = useState(false)
  const [isAsking, setIsAsking] = useState(false)
  const close = (): void => (isCopied ? onClose() : setIsAsking(true))
  const copied = (): void => setIsCopied(true)
  const lines = [
    { name: t.env, text: `LATCHKEY_SERVER=${location.origin}\nLATCHKEY_API_KEY=${value}` },
    { name: t.curl, text: `curl -H 'X-API-Key: ${value}' ${location.origin}/api/account` },
  ]
  return (
    <>
      <Dialog title={t.ready} isOpen onClose={close} isDismissable={false} place="side">
        <Notice tone="ok">{t.once}</Notice>
        <div className="secret">
          <code>{value}</code>
          <CopyButton text={value} onCopied={copied} />
        </div>
        {lines.map(({ name, text }) => (
          <section key={name}>
            <h3>{name}</h3>
            <div className="secret">
              <code>{text}</code>
              <CopyButton text={text} onCopied={copied} />
            </div>
          </section>
        ))}
        <div className="dialog-actions">
          <Button tone="accent" onPress={close}>
            {t.finished}
          </Button>
        </div>
      </Dialog>
      <Confirm
        title={t.notCopied}
        text={t.notCopiedText}
        action={t.closeAnyway}
        isOpen={isAsking}
        onConfirm={onClose}
        onClose={() => setIsAsking(false)}
      />
    </>
  )
}
