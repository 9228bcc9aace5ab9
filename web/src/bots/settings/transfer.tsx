import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { transferBot } from '../../../../src/bots/transfers/contract.ts'
import { api } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { say } from '../../ui/toast.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { refreshBots } from '../undo.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { settingsTexts } from './texts.ts'

/** Gives the bot to somebody else, for good. */
export const Transfer = ({ bot }: TabProps) => {
  const t = settingsTexts.use()
  const { toList } = useBotsAddress()
  const [email, setEmail] = useState('')
  const [isSure, setSure] = useState(false)
  const giving = useMutation({
    mutationFn: () => api.call(transferBot, { params: { botid: bot.botid }, body: { to_email: email.trim() } }),
    onSuccess: async () => {
      say(t.given)
      toList()
      await refreshBots()
    },
    onSettled: () => setSure(false),
  })
  return (
    <section className="bots-section">
      <h2>{t.give}</h2>
      <p className="bots-muted">{t.giveText}</p>
      <Form className="bots-row" onSubmit={() => setSure(true)}>
        <TextField label={t.email} type="email" value={email} onChange={setEmail} refusal={giving.error} isRequired />
        <Button type="submit">{t.giveAction}</Button>
      </Form>
      <Confirm
        title={t.give}
        text={t.giveText}
        action={t.giveAction}
        isOpen={isSure}
        isPending={giving.isPending}
        onConfirm={() => giving.mutate()}
        onClose={() => setSure(false)}
      />
    </section>
  )
}
