import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { deleteSecret, setSecret } from '../../../../src/bots/secrets/contract.ts'
import { api } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { say } from '../../ui/toast.tsx'
import { secretsQuery } from '../queries.ts'
import { refreshBots } from '../undo.ts'
import { ListSection } from './list-section.tsx'
import { settingsTexts } from './texts.ts'

/** What the code may know and nobody may read. */
export const Secrets = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const secrets = useQuery(secretsQuery(botid))
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const saving = useMutation({
    mutationFn: () => api.call(setSecret, { params: { botid, name: name.trim() }, body: { value } }),
    onSuccess: async () => {
      say(t.secretSet(name))
      setName('')
      setValue('')
      await refreshBots()
    },
  })
  const items = secrets.data?.map((secret) => ({
    id: secret.name,
    title: <code>{secret.name}</code>,
    note: t.setAgo(formatAgo(secret.updated_at)),
    actions: [
      {
        name: t.delete,
        tone: 'danger' as const,
        question: t.secretGone(secret.name),
        run: () => api.call(deleteSecret, { params: { botid, name: secret.name } }),
      },
    ],
  }))
  return (
    <ListSection title={t.secrets} about={t.secretsText} none={t.noSecrets} items={items} list={secrets}>
      <Form className="bots-row" onSubmit={() => saving.mutate()}>
        <TextField
          label={t.secretName}
          value={name}
          onChange={setName}
          autoComplete="off"
          refusal={saving.error}
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
    </ListSection>
  )
}
