import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { deleteSecret, setSecret } from '../../../../src/bots/secrets/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { say } from '../../ui/toast.tsx'
import { secretsQuery } from '../queries.ts'
import { attempt, refreshBots } from '../undo.ts'
import { settingsTexts } from './texts.ts'

/** What the code may know and nobody may read. */
export const Secrets = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const secrets = useQuery(secretsQuery(botid))
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const [doomed, setDoomed] = useState<string>()
  const saving = useMutation({
    mutationFn: () => api.call(setSecret, { params: { botid, name: name.trim() }, body: { value } }),
    onSuccess: async () => {
      say(t.secretSet(name))
      setName('')
      setValue('')
      await refreshBots()
    },
  })
  return (
    <section className="bots-section">
      <h2>{t.secrets}</h2>
      <p className="bots-muted">{t.secretsText}</p>
      {secrets.data?.length === 0 && <p className="bots-muted">{t.noSecrets}</p>}
      <ul className="bots-list">
        {secrets.data?.map((secret) => (
          <li key={secret.name} className="bots-item">
            <div className="bots-item-text">
              <code>{secret.name}</code>
              <span className="bots-muted">{t.setAgo(formatAgo(secret.updated_at))}</span>
            </div>
            <Button tone="danger" onPress={() => setDoomed(secret.name)}>
              {t.delete}
            </Button>
          </li>
        ))}
      </ul>
      <Form
        className="bots-row"
        onSubmit={(event) => {
          event.preventDefault()
          saving.mutate()
        }}
      >
        <TextField
          label={t.secretName}
          value={name}
          onChange={setName}
          autoComplete="off"
          error={saving.error === null ? undefined : messageOf(saving.error)}
          isRequired
        />
        <div className="bots-grow">
          <TextField
            label={t.secretValue}
            type="password"
            value={value}
            onChange={setValue}
            autoComplete="new-password"
            isRequired
          />
        </div>
        <Button type="submit" isPending={saving.isPending}>
          {t.save}
        </Button>
      </Form>
      {doomed !== undefined && (
        <Confirm
          title={t.delete}
          text={t.secretGone(doomed)}
          action={t.delete}
          isOpen
          onClose={() => setDoomed(undefined)}
          onConfirm={() => {
            setDoomed(undefined)
            void attempt(() => api.call(deleteSecret, { params: { botid, name: doomed } }))
          }}
        />
      )}
    </section>
  )
}
