import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createTest, type Test } from '../../../../src/bots/tests/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { say } from '../../ui/toast.tsx'
import { refreshBots } from '../undo.ts'
import { testsTexts } from './texts.ts'

const DATA: readonly Test['data'][] = ['empty', 'live']

/** Makes a test of what was said in a chat of the simulator. */
export const SaveTestDialog = ({
  botid,
  chatId,
  onClose,
}: {
  readonly botid: string
  readonly chatId: number
  readonly onClose: () => void
}) => {
  const t = testsTexts.use()
  const [name, setName] = useState('')
  const [data, setData] = useState<Test['data']>('empty')
  const saving = useMutation({
    mutationFn: () =>
      // The conversation is played once to learn what is expected, which takes as long as it took.
      api.call(createTest, {
        params: { botid },
        body: { name: name.trim(), data, chat_id: chatId },
        timeoutMs: 120_000,
      }),
    onSuccess: async () => {
      say(t.saved(name.trim()))
      onClose()
      await refreshBots()
    },
  })
  return (
    <Dialog title={t.save} isOpen onClose={onClose}>
      <p className="bots-muted">{t.saveText}</p>
      {saving.error !== null && <Notice tone="danger">{messageOf(saving.error)}</Notice>}
      <Form className="bots-stack" onSubmit={() => saving.mutate()}>
        <TextField label={t.name} value={name} onChange={setName} maxLength={100} isRequired autoFocus />
        <Select label={t.data} choices={DATA.map((id) => ({ id, name: t[id] }))} value={data} onChange={setData} />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {t.save}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
