import { X } from 'lucide-react'
import { useState } from 'react'
import { createPairingCode, type PairingCode } from '../../../../src/bots/pairing/contract.ts'
import { type BotSettings, updateBotSettings } from '../../../../src/bots/settings/contract.ts'
import { api, queries } from '../../api.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Select } from '../../ui/select.tsx'
import { numberChoices } from '../numbers.ts'
import { settingsQuery } from '../queries.ts'
import { attempt, sayWithUndo } from '../undo.ts'
import { settingsTexts } from './texts.ts'

interface SettingsProps {
  readonly botid: string
  readonly settings: BotSettings
}

/** Shown before the server has answered; what was before is a press away. */
const change = async ({ botid, settings }: SettingsProps, part: Partial<BotSettings>): Promise<void> => {
  const call = (body: Partial<BotSettings>) => api.call(updateBotSettings, { params: { botid }, body })
  queries.setQueryData(settingsQuery(botid).queryKey, { ...settings, ...part })
  if (!(await attempt(() => call(part)))) return
  // No more than what was changed: the rest may be another by then.
  const before = Object.fromEntries(Object.entries(settings).filter(([name]) => name in part))
  sayWithUndo(settingsTexts.now().saved, () => call(before))
}

const MODES = ['', 'HTML', 'Markdown', 'MarkdownV2'] as const
const SWITCHES = [
  ['commands_always_win', 'commandsWin'],
  ['token_visible', 'tokenVisible'],
  ['cards_bridge', 'cardsBridge'],
  ['files_bridge', 'filesBridge'],
] as const
const CHAINS = [1, 2, 3, 5, 10, 20, 50] as const
const SPEEDS = [1, 5, 10, 20, 30, 60, 100, 300, 1000] as const

export const Behaviour = (props: SettingsProps) => {
  const t = settingsTexts.use()
  const { settings } = props
  return (
    <section className="bots-section">
      <h2>{t.behaviour}</h2>
      <Select
        label={t.parseMode}
        choices={MODES.map((id) => ({ id, name: id === '' ? t.plain : id }))}
        value={settings.default_parse_mode ?? ''}
        onChange={(mode) => void change(props, { default_parse_mode: mode === '' ? null : mode })}
      />
      <Select
        label={t.receives}
        choices={[
          { id: 'polling', name: t.polling },
          { id: 'webhook', name: t.webhook },
        ]}
        value={settings.receives_by}
        onChange={(receives_by) => void change(props, { receives_by })}
      />
      <Select
        label={t.chain}
        choices={numberChoices(CHAINS, settings.chain_cap)}
        value={String(settings.chain_cap)}
        onChange={(cap) => void change(props, { chain_cap: Number(cap) })}
      />
      <Select
        label={t.speed}
        choices={numberChoices(SPEEDS, settings.messages_per_second)}
        value={String(settings.messages_per_second)}
        onChange={(speed) => void change(props, { messages_per_second: Number(speed) })}
      />
      {SWITCHES.map(([member, name]) => (
        <Checkbox key={member} isSelected={settings[member]} onChange={(on) => void change(props, { [member]: on })}>
          {t[name]}
        </Checkbox>
      ))}
    </section>
  )
}

export const Admins = (props: SettingsProps) => {
  const t = settingsTexts.use()
  const { admins } = props.settings
  const [id, setId] = useState('')
  return (
    <section className="bots-section">
      <h2>{t.admins}</h2>
      <p className="bots-muted">{t.adminsText}</p>
      <ul className="bots-row">
        {admins.map((admin) => (
          <li key={admin} className="chip">
            {admin}
            <IconButton
              label={`${t.remove}: ${admin}`}
              onPress={() => void change(props, { admins: admins.filter((each) => each !== admin) })}
            >
              <X aria-hidden size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      <Form
        className="bots-row"
        onSubmit={() => {
          setId('')
          void change(props, { admins: [...new Set([...admins, Number(id)])] })
        }}
      >
        <TextField label={t.adminId} inputMode="numeric" pattern="[1-9][0-9]*" value={id} onChange={setId} isRequired />
        <Button type="submit">{t.add}</Button>
      </Form>
      <Pairing botid={props.botid} />
    </section>
  )
}

/** A code that makes an administrator of whoever sends it to the bot. */
const Pairing = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const [code, setCode] = useState<PairingCode>()
  const make = () => attempt(async () => setCode((await api.call(createPairingCode, { params: { botid } })).result))
  return (
    <>
      <p className="bots-muted">{t.pairText}</p>
      <div className="bots-row">
        <Button onPress={() => void make()}>{t.pair}</Button>
        {code !== undefined && (
          <>
            <code>/start {code.code}</code>
            <CopyButton text={`/start ${code.code}`} />
          </>
        )}
      </div>
    </>
  )
}
