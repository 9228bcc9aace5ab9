import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { cloneBot } from '../../../../src/bots/transfers/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say } from '../../ui/toast.tsx'
import type { Bot } from '../changes.ts'
import { botsTexts } from '../texts.ts'
import { refreshBots } from '../undo.ts'
import { useBotsAddress } from '../use-bots-address.ts'

/** Copies a bot: to the simulator, or to a token of its own. */
export const CloneDialog = ({ bot, onClose }: { readonly bot: Bot; readonly onClose: () => void }) => {
  const t = botsTexts.use()
  const { open } = useBotsAddress()
  const [token, setToken] = useState('')
  const [withData, setWithData] = useState(false)
  const [isSimulated, setSimulated] = useState(true)
  const copying = useMutation({
    mutationFn: () => {
      const place = isSimulated ? { simulated: true } : token.trim() === '' ? {} : { new_token: token.trim() }
      return api.call(cloneBot, { params: { botid: bot.botid }, body: { ...place, include_data: withData } })
    },
    onSuccess: async ({ result }) => {
      await refreshBots()
      onClose()
      say(t.cloned)
      open(result.botid)
    },
  })
  return (
    <Dialog title={t.cloneTitle(bot.bot_name)} isOpen onClose={onClose}>
      <p>{t.cloneText}</p>
      {copying.error !== null && <Notice tone="danger">{messageOf(copying.error)}</Notice>}
      <Checkbox isSelected={isSimulated} onChange={setSimulated}>
        {t.simulated}
      </Checkbox>
      {!isSimulated && <TextField label={t.token} value={token} onChange={setToken} autoComplete="off" />}
      <Checkbox isSelected={withData} onChange={setWithData}>
        {t.cloneData}
      </Checkbox>
      <div className="dialog-actions">
        <Button onPress={onClose}>{t.cancel}</Button>
        <Button tone="accent" isPending={copying.isPending} onPress={() => copying.mutate()}>
          {t.clone}
        </Button>
      </div>
    </Dialog>
  )
}
