import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createBroadcast } from '../../../../src/bots/broadcasts/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { commandsQuery, settingsQuery, userCountQuery } from '../queries.ts'
import { refreshBots } from '../undo.ts'
import { filledIn, objectOf } from './message.ts'
import { broadcastsTexts } from './texts.ts'

const KINDS = ['text', 'command', 'code', 'function'] as const
type Kind = (typeof KINDS)[number]

interface Plan {
  readonly kind: Kind
  readonly text: string
  readonly code: string
  readonly command: string
  readonly method: string
  readonly params: string
  readonly speed: string
  readonly test: string
}

const EMPTY: Plan = {
  kind: 'text',
  text: '',
  code: '',
  command: '',
  method: 'sendPhoto',
  params: '{}',
  speed: '8',
  test: '',
}

const sourceOf = ({ kind, text, code, command, method, params }: Plan) => {
  if (kind === 'text') return { text }
  if (kind === 'code') return { code }
  return kind === 'command' ? { command } : { function: method, params: objectOf(params) ?? {} }
}

const bodyOf = (plan: Plan) => ({
  ...sourceOf(plan),
  speed: Number(plan.speed),
  ...(plan.test.trim() === '' ? {} : { test_chat_id: Number(plan.test) }),
})

/** Asks what goes out, shows it, and asks once more before it does. */
export const CreateBroadcast = ({ botid, onClose }: { readonly botid: string; readonly onClose: () => void }) => {
  const t = broadcastsTexts.use()
  const [plan, setPlan] = useState(EMPTY)
  const [isSure, setSure] = useState(false)
  const count = useQuery(userCountQuery(botid)).data
  const settings = useQuery(settingsQuery(botid)).data
  const reachable = count === undefined ? 0 : Math.max(0, count.total - count.blocked_bot)
  const sending = useMutation({
    mutationFn: () => api.call(createBroadcast, { params: { botid }, body: bodyOf(plan) }),
    onSuccess: async () => {
      await refreshBots()
      onClose()
    },
    onSettled: () => setSure(false),
  })
  const set = (part: Partial<Plan>): void => {
    sending.reset()
    setPlan({ ...plan, ...part })
  }
  return (
    <Dialog title={t.create} isOpen onClose={onClose} place="side" isDismissable={false}>
      <p className="bots-muted">{reachable === 0 ? t.noneReachable : t.goesTo(reachable)}</p>
      {sending.error !== null && <Notice tone="danger">{messageOf(sending.error)}</Notice>}
      <Form className="bots-stack" onSubmit={() => setSure(true)}>
        <Select
          label={t.kind}
          choices={KINDS.map((id) => ({ id, name: t[id] }))}
          value={plan.kind}
          onChange={(kind) => set({ kind })}
        />
        <Source botid={botid} plan={plan} set={set} />
        <TextField
          label={t.speed}
          {...(settings === undefined ? {} : { hint: t.speedHint(settings.messages_per_second) })}
          inputMode="numeric"
          pattern="[0-9]+"
          value={plan.speed}
          onChange={(speed) => set({ speed })}
          isRequired
        />
        <TextField
          label={t.test}
          hint={t.testHint}
          inputMode="numeric"
          pattern="-?[0-9]+"
          value={plan.test}
          onChange={(test) => set({ test })}
        />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={sending.isPending}>
            {t.send}
          </Button>
        </div>
      </Form>
      <Confirm
        title={t.send}
        text={t.confirm(reachable)}
        action={t.send}
        isOpen={isSure}
        isPending={sending.isPending}
        onConfirm={() => sending.mutate()}
        onClose={() => setSure(false)}
      />
    </Dialog>
  )
}

const Source = ({
  botid,
  plan,
  set,
}: {
  readonly botid: string
  readonly plan: Plan
  readonly set: (part: Partial<Plan>) => void
}) => {
  const t = broadcastsTexts.use()
  const commands = useQuery(commandsQuery(botid)).data ?? []
  if (plan.kind === 'code')
    return <TextField label={t.codeLabel} rows={8} value={plan.code} onChange={(code) => set({ code })} isRequired />
  if (plan.kind === 'command')
    return (
      <Select
        label={t.commandLabel}
        choices={commands.map(({ command }) => ({ id: command, name: command }))}
        value={plan.command}
        onChange={(command) => set({ command })}
      />
    )
  if (plan.kind === 'function')
    return (
      <>
        <TextField label={t.methodLabel} value={plan.method} onChange={(method) => set({ method })} isRequired />
        <TextField
          label={t.paramsLabel}
          rows={6}
          value={plan.params}
          onChange={(params) => set({ params })}
          error={objectOf(plan.params) === undefined ? t.notObject : undefined}
        />
      </>
    )
  return (
    <>
      <TextField
        label={t.textLabel}
        hint={t.textHint}
        rows={6}
        maxLength={4096}
        value={plan.text}
        onChange={(text) => set({ text })}
        isRequired
        autoFocus
      />
      {plan.text !== '' && (
        <figure className="bots-preview">
          <figcaption className="bots-muted">{t.preview}</figcaption>
          <p>{filledIn(plan.text)}</p>
        </figure>
      )}
    </>
  )
}
