import { Ellipsis } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Select } from '../../ui/select.tsx'
import type { Bot } from '../changes.ts'
import { Failed, Loading } from '../states.tsx'
import { SaveTestDialog } from '../tests/save-dialog.tsx'
import { testsTexts } from '../tests/texts.ts'
import { Bubble } from './bubble.tsx'
import { Composer } from './composer.tsx'
import { replyKeyboard, toShown } from './messages.ts'
import { simulatorTexts } from './texts.ts'
import type { Simulator } from './use-simulator.ts'
import './simulator.css'

/** A chat with the bot as a person sees it. */
export const SimulatorPane = ({ bot, simulator }: { readonly bot: Bot; readonly simulator: Simulator }) => {
  const t = simulatorTexts.use()
  const { messages, person } = simulator
  const end = useRef<HTMLLIElement>(null)
  const raw = messages.data ?? []
  const count = raw.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message is what scrolls.
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' })
  }, [count, simulator.isBusy])
  return (
    <div className="sim">
      <Head botid={bot.botid} simulator={simulator} />
      {messages.isError && raw.length === 0 && <Failed error={messages.error} retry={messages.refetch} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard. */}
      <ul className="sim-chat" aria-label={t.chatLabel} aria-live="polite" tabIndex={0}>
        {messages.isPending && <Loading rows={2} />}
        {messages.isSuccess && count === 0 && <li className="bots-muted sim-none">{t.noMessages}</li>}
        {raw.map(toShown).map((message) => (
          <Bubble
            key={message.id}
            message={message}
            isMine={message.fromId === person.id}
            onPress={(data) => void simulator.press(message.id, data)}
          />
        ))}
        <li ref={end} aria-hidden className="sim-end" data-busy={simulator.isBusy || undefined} />
      </ul>
      {bot.status === 'working' ? (
        <Composer keyboard={replyKeyboard(raw)} onSend={simulator.send} />
      ) : (
        <p className="bots-muted sim-none">{t.stopped}</p>
      )}
    </div>
  )
}

const NEW = 'new'

const Head = ({ botid, simulator }: { readonly botid: string; readonly simulator: Simulator }) => {
  const t = simulatorTexts.use()
  const tests = testsTexts.use()
  const [above, setAbove] = useState<'person' | 'reset' | 'test'>()
  const { people, person, groups, groupId } = simulator
  const known = people.some(({ id }) => id === person.id)
  const everybody = known ? people : [...people, { id: person.id, name: person.first_name }]
  const groupKnown = groupId === undefined || groups.some(({ id }) => id === groupId)
  return (
    <div className="sim-head">
      <Select
        label={t.as}
        choices={[...everybody.map(({ id, name }) => ({ id: String(id), name })), { id: NEW, name: t.newPerson }]}
        value={String(person.id)}
        onChange={(id) => (id === NEW ? setAbove('person') : simulator.become(Number(id)))}
      />
      <Select
        label={t.chat}
        choices={[
          { id: '', name: t.direct },
          ...groups.map(({ id, title }) => ({ id: String(id), name: title })),
          ...(groupKnown ? [] : [{ id: String(groupId), name: t.group }]),
          ...(groups.length === 0 && groupKnown ? [{ id: NEW, name: t.group }] : []),
        ]}
        value={groupId === undefined ? '' : String(groupId)}
        onChange={(id) => {
          if (id === NEW) simulator.enterNewGroup()
          else simulator.enter(id === '' ? undefined : Number(id))
        }}
      />
      <Menu
        label={t.more}
        trigger={
          <IconButton label={t.more}>
            <Ellipsis aria-hidden size={18} />
          </IconButton>
        }
        actions={[
          { id: 'test', name: tests.save, onAction: () => setAbove('test') },
          null,
          { id: 'reset', name: t.reset, tone: 'danger', onAction: () => setAbove('reset') },
        ]}
      />
      {above === 'person' && <PersonDialog onAdd={simulator.add} onClose={() => setAbove(undefined)} />}
      {above === 'test' && (
        <SaveTestDialog botid={botid} chatId={simulator.chatId} onClose={() => setAbove(undefined)} />
      )}
      {above === 'reset' && (
        <Confirm
          title={t.reset}
          text={t.resetText}
          action={t.reset}
          isOpen
          onConfirm={() => void simulator.reset()}
          onClose={() => setAbove(undefined)}
        />
      )}
    </div>
  )
}

const PersonDialog = ({ onAdd, onClose }: { readonly onAdd: (name: string) => void; readonly onClose: () => void }) => {
  const t = simulatorTexts.use()
  const [name, setName] = useState('')
  return (
    <Dialog title={t.newPerson} isOpen onClose={onClose}>
      <Form
        className="bots-stack"
        onSubmit={() => {
          onAdd(name.trim())
          onClose()
        }}
      >
        <TextField label={t.firstName} value={name} onChange={setName} maxLength={64} isRequired autoFocus />
        <div className="dialog-actions">
          <Button type="submit" tone="accent">
            {t.add}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
