import { useMutation } from '@tanstack/react-query'
import { cloneBot } from '../../../../src/bots/transfers/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import type { Bot } from '../changes.ts'
import { refreshBots } from '../undo.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { simulatorTexts } from './texts.ts'

/** A bot of Telegram is not tried here; a copy of it is. */
export const NoSimulator = ({ bot }: { readonly bot: Bot }) => {
  const t = simulatorTexts.use()
  const { open } = useBotsAddress()
  const copying = useMutation({
    mutationFn: () => api.call(cloneBot, { params: { botid: bot.botid }, body: { simulated: true } }),
    onSuccess: async ({ result }) => {
      await refreshBots()
      open(result.botid)
    },
    onError: (error) => sayProblem(messageOf(error)),
  })
  return (
    <Empty
      title={t.notSimulated}
      text={t.notSimulatedText}
      action={
        <Button isPending={copying.isPending} onPress={() => copying.mutate()}>
          {t.makeCopy}
        </Button>
      }
    />
  )
}
