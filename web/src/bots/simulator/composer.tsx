import { Paperclip, SendHorizontal } from 'lucide-react'
import { useRef, useState } from 'react'
import { Button as AriaButton, Input, TextField } from 'react-aria-components'
import { IconButton } from '../../ui/button.tsx'
import { Form } from '../../ui/form.tsx'
import type { ReplyButton } from './messages.ts'
import { simulatorTexts } from './texts.ts'
import type { Content } from './use-simulator.ts'

/** A file as far as a message tells of it: the simulator sends its name, its type and its size. */
const contentOf = (file: File): Content => {
  const about = { file_name: file.name, mime_type: file.type || 'application/octet-stream', file_size: file.size }
  const kind = file.type.split('/')[0]
  if (kind === 'image') return { photo: about }
  return kind === 'video' ? { video: about } : kind === 'audio' ? { audio: about } : { document: about }
}

const REPLIES = {
  contact: { contact: { phone_number: '+10000000000', first_name: 'Ada' } },
  location: { location: { latitude: 52.52, longitude: 13.405 } },
} as const

/** Where the person writes, and the keyboard that the bot offers instead. */
export const Composer = ({
  keyboard,
  onSend,
}: {
  readonly keyboard: readonly (readonly ReplyButton[])[]
  readonly onSend: (content: Content) => Promise<void>
}) => {
  const t = simulatorTexts.use()
  const [text, setText] = useState('')
  const picker = useRef<HTMLInputElement>(null)
  const send = (): void => {
    if (text.trim() === '') return
    setText('')
    void onSend({ text })
  }
  return (
    <div className="sim-composer">
      <Form className="bots-row" onSubmit={send}>
        <IconButton label={t.attach} onPress={() => picker.current?.click()}>
          <Paperclip aria-hidden size={18} />
        </IconButton>
        <TextField className="bots-grow" aria-label={t.message} value={text} onChange={setText}>
          <Input className="input" placeholder={t.message} autoComplete="off" />
        </TextField>
        <IconButton label={t.send} type="submit">
          <SendHorizontal aria-hidden size={18} />
        </IconButton>
      </Form>
      <input
        ref={picker}
        type="file"
        hidden
        onChange={({ target }) => {
          const [file] = target.files ?? []
          if (file !== undefined) void onSend(contentOf(file))
          target.value = ''
        }}
      />
      {keyboard.length > 0 && (
        <fieldset className="sim-keyboard" aria-label={t.replies}>
          {keyboard.map((row, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name.
            <div key={n} className="sim-buttons">
              {row.map(({ text: name, asks }) => (
                <AriaButton
                  key={name}
                  className="sim-button"
                  onPress={() => void onSend(asks === undefined ? { text: name } : REPLIES[asks])}
                >
                  {name}
                </AriaButton>
              ))}
            </div>
          ))}
        </fieldset>
      )}
    </div>
  )
}
