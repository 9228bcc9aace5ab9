import { useState } from 'react'
import { Button, type ButtonProps } from './button.tsx'
import { Confirm } from './dialog.tsx'

/** A button for what an undo does not bring back: it asks first. */
export const AskingButton = ({
  name,
  question,
  tone,
  onConfirm,
}: {
  readonly name: string
  readonly question: string
  readonly tone?: ButtonProps['tone']
  readonly onConfirm: () => void
}) => {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button {...(tone === undefined ? {} : { tone })} onPress={() => setAsking(true)}>
        {name}
      </Button>
      <Confirm
        title={name}
        text={question}
        action={name}
        isOpen={isAsking}
        onConfirm={onConfirm}
        onClose={() => setAsking(false)}
      />
    </>
  )
}
