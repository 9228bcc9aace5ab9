import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { updateBotToken, updateBotVersion } from '../../../../src/bots/bots/contract.ts'
import { api, messageOf } from '../../api.ts'
import { AskingButton } from '../../ui/asking-button.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say } from '../../ui/toast.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { webhookHealthQuery } from '../queries.ts'
import { tokenState } from '../token.ts'
import { attempt, refreshBots } from '../undo.ts'
import { settingsTexts } from './texts.ts'

/** How the bot is connected, and for which library it is written. */
export const TelegramSection = ({ bot }: TabProps) => {
  const t = settingsTexts.use()
  const { botid } = bot
  return (
    <section className="bots-section">
      <h2>{t.telegram}</h2>
      {bot.simulated && <p className="bots-muted">{t.isSimulated}</p>}
      <TokenForm botid={botid} />
      {!bot.simulated && (
        <>
          {!bot.needs_token && <Health botid={botid} />}
          <div className="bots-row">
            <AskingButton
              name={t.toSimulator}
              question={t.toSimulatorText}
              onConfirm={() =>
                void attempt(() => api.call(updateBotToken, { params: { botid }, body: { simulated: true } }))
              }
            />
          </div>
        </>
      )}
      <VersionForm botid={botid} version={bot.version} />
    </section>
  )
}

const TokenForm = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const [token, setToken] = useState('')
  const saving = useMutation({
    mutationFn: () => api.call(updateBotToken, { params: { botid }, body: { token: token.trim() } }),
    onSuccess: async () => {
      setToken('')
      say(t.connected)
      await refreshBots()
    },
  })
  const state = tokenState(token)
  return (
    <Form
      className="bots-row"
      onSubmit={() => {
        if (state === 'right') saving.mutate()
      }}
    >
      <div className="bots-grow">
        <TextField
          label={t.token}
          value={token}
          autoComplete="off"
          onChange={setToken}
          error={state === 'wrong' ? t.tokenForm : undefined}
          refusal={saving.error}
        />
      </div>
      <Button type="submit" isPending={saving.isPending} isDisabled={state !== 'right'}>
        {t.connect}
      </Button>
    </Form>
  )
}

const Health = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const health = useQuery({ ...webhookHealthQuery(botid), enabled: false })
  return (
    <>
      <div className="bots-row">
        <Button isPending={health.isFetching} onPress={() => void health.refetch()}>
          {t.checkHook}
        </Button>
      </div>
      {health.isError && <Notice tone="danger">{messageOf(health.error)}</Notice>}
      {health.data !== undefined && (
        <Notice tone={health.data.warning === null ? 'ok' : 'warn'}>
          {health.data.warning ?? t.hookFine(health.data.pending_update_count)}
        </Notice>
      )}
    </>
  )
}

const VersionForm = ({ botid, version }: { readonly botid: string; readonly version: string }) => {
  const t = settingsTexts.use()
  const [text, setText] = useState(version)
  const saving = useMutation({
    mutationFn: () => api.call(updateBotVersion, { params: { botid }, body: { version: text.trim() } }),
    onSuccess: async () => {
      say(t.saved)
      await refreshBots()
    },
  })
  return (
    <Form className="bots-row" onSubmit={() => saving.mutate()}>
      <TextField label={t.version} value={text} onChange={setText} refusal={saving.error} />
      <Button type="submit" isDisabled={text === version} isPending={saving.isPending}>
        {t.save}
      </Button>
    </Form>
  )
}
