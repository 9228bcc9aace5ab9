import { useMutation, useQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { makeFromTemplate, makeSimulatedBot, makeTelegramBot } from '../changes.ts'
import { templatesQuery } from '../queries.ts'
import { botsTexts } from '../texts.ts'
import { tokenState } from '../token.ts'
import { useBotsAddress } from '../use-bots-address.ts'

/** Two ways to a bot: one press for the simulator, or a token of Telegram. */
export const CreateDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const t = botsTexts.use()
  const { open } = useBotsAddress()
  const [name, setName] = useState('')
  const [token, setToken] = useState('')
  const done = (botid: string): void => {
    onClose()
    open(botid)
  }
  const trying = useMutation({ mutationFn: () => makeSimulatedBot(name.trim()), onSuccess: done })
  const connecting = useMutation({ mutationFn: () => makeTelegramBot(token.trim(), name.trim()), onSuccess: done })
  const state = tokenState(token)
  return (
    <Dialog title={t.createTitle} isOpen onClose={onClose}>
      {trying.error !== null && <Notice tone="danger">{messageOf(trying.error)}</Notice>}
      <TextField label={t.botName} value={name} onChange={setName} maxLength={64} autoFocus />
      <section className="bots-choice">
        <h3>{t.simulated}</h3>
        <p className="bots-muted">{t.simulatedText}</p>
        <Button tone="accent" isPending={trying.isPending} onPress={() => trying.mutate()}>
          <FlaskConical aria-hidden size={16} />
          {t.tryOne}
        </Button>
      </section>
      <Form
        className="bots-choice"
        onSubmit={() => {
          if (state === 'right') connecting.mutate()
        }}
      >
        <h3>{t.withToken}</h3>
        <p className="bots-muted">{t.withTokenText}</p>
        <TextField
          label={t.token}
          value={token}
          onChange={(text) => {
            connecting.reset()
            setToken(text)
          }}
          autoComplete="off"
          {...(state === 'right' && connecting.error === null ? { hint: t.tokenLooksRight } : {})}
          error={state === 'wrong' ? t.tokenForm : undefined}
          refusal={connecting.error}
        />
        <Button type="submit" isPending={connecting.isPending} isDisabled={state !== 'right'}>
          {t.create}
        </Button>
      </Form>
      <ReadyMade onMade={done} />
    </Dialog>
  )
}

const MAY = { cards_bridge: 'mayCards', files_bridge: 'mayFiles' } as const
const permissions = Object.entries(MAY)

/** Bots that somebody has written already, each with what it is allowed to do. */
const ReadyMade = ({ onMade }: { readonly onMade: (botid: string) => void }) => {
  const t = botsTexts.use()
  const templates = useQuery(templatesQuery).data ?? []
  const making = useMutation({ mutationFn: makeFromTemplate, onSuccess: onMade })
  if (templates.length === 0) return null
  return (
    <section className="bots-choice">
      <h3>{t.readyMade}</h3>
      {making.error !== null && <Notice tone="danger">{messageOf(making.error)}</Notice>}
      {templates.map((template) => (
        <div key={template.name} className="bots-row">
          <div className="bots-item-text">
            <strong>{template.title}</strong>
            <span className="bots-muted">{template.about}</span>
            {permissions.map(
              ([setting, text]) =>
                template.settings.includes(setting) && (
                  <span key={setting} className="bots-muted">
                    {t[text]}
                  </span>
                ),
            )}
          </div>
          <Button isPending={making.isPending} onPress={() => making.mutate(template)}>
            {t.makeIt}
          </Button>
        </div>
      ))}
    </section>
  )
}
