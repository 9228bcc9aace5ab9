import { ExternalLink, Paperclip } from 'lucide-react'
import { Button as AriaButton, Link } from 'react-aria-components'
import { locale } from '../../texts.ts'
import type { InlineButton, ShownMessage } from './messages.ts'
import { RichText } from './rich-text.tsx'
import { simulatorTexts } from './texts.ts'

/** One message, with what can be pressed under it. */
export const Bubble = ({
  message,
  isMine,
  onPress,
}: {
  readonly message: ShownMessage
  readonly isMine: boolean
  readonly onPress: (data: string) => void
}) => {
  const t = simulatorTexts.use()
  const kinds: Readonly<Record<string, string | ((...values: never[]) => string)>> = t
  const { attachment } = message
  const kind = attachment === undefined ? undefined : kinds[attachment.kind]
  const time = new Date(message.date * 1000).toLocaleTimeString(locale(), { timeStyle: 'short' })
  return (
    <li className="sim-message" data-mine={isMine || undefined}>
      <div className="sim-bubble">
        {!isMine && <span className="sim-from">{message.from}</span>}
        {message.replyTo !== undefined && <span className="sim-reply">{message.replyTo}</span>}
        {attachment !== undefined && (
          <span className="sim-attachment">
            <Paperclip aria-hidden size={14} />
            {typeof kind === 'string' ? kind : attachment.kind} {attachment.name}
          </span>
        )}
        {message.text !== '' && (
          <span className="sim-text">
            <RichText text={message.text} entities={message.entities} />
          </span>
        )}
        <span className="sim-time">
          {message.isEdited && `${t.edited} · `}
          {time}
        </span>
      </div>
      {message.buttons.map((row, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name.
        <div key={n} className="sim-buttons">
          {row.map((button) => (
            <MessageButton key={`${button.text} ${button.data ?? button.url}`} button={button} onPress={onPress} />
          ))}
        </div>
      ))}
    </li>
  )
}

const MessageButton = ({
  button: { text, data, url },
  onPress,
}: {
  readonly button: InlineButton
  readonly onPress: (data: string) => void
}) =>
  url === undefined ? (
    <AriaButton
      className="sim-button"
      isDisabled={data === undefined}
      onPress={() => data !== undefined && onPress(data)}
    >
      {text}
    </AriaButton>
  ) : (
    <Link className="sim-button" href={url} target="_blank" rel="noreferrer">
      {text}
      <ExternalLink aria-hidden size={12} />
    </Link>
  )
