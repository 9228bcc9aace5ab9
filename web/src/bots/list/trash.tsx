import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, Bot as BotIcon } from 'lucide-react'
import { useState } from 'react'
import { purgeBot, restoreBot } from '../../../../src/bots/bots/contract.ts'
import { api } from '../../api.ts'
import { formatAgo, formatDate } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { say } from '../../ui/toast.tsx'
import { deletedBotsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { botsTexts } from '../texts.ts'
import { attempt } from '../undo.ts'

const BotTrash = () => {
  const t = botsTexts.use()
  const deleted = useQuery(deletedBotsQuery)
  const [doomed, setDoomed] = useState<{ botid: string; bot_name: string }>()
  const restore = async (botid: string, name: string): Promise<void> => {
    if (await attempt(() => api.call(restoreBot, { params: { botid } }))) say(t.restored(name))
  }
  return (
    <>
      <div className="page-head">
        <h1>{t.trash}</h1>
        <ButtonLink tone="quiet" href="/bots">
          <ArrowLeft aria-hidden size={16} />
          {t.back}
        </ButtonLink>
      </div>
      {deleted.isPending && <Loading />}
      {deleted.isError && <Failed error={deleted.error} retry={deleted.refetch} />}
      {deleted.data?.length === 0 && <Empty title={t.trashEmpty} text={t.trashText} />}
      <ul className="bots-list">
        {deleted.data?.map(({ botid, bot_name, bot_username, deleted_at, purged_after }) => (
          <li key={botid} className="bots-item">
            <BotIcon aria-hidden size={22} strokeWidth={1.75} className="bots-hue" />
            <div className="bots-item-text">
              <strong>{bot_name}</strong>
              <span className="bots-muted">
                @{bot_username} · {t.deletedAgo(formatAgo(deleted_at))} · {t.goneAfter(formatDate(purged_after))}
              </span>
            </div>
            <Button onPress={() => void restore(botid, bot_name)}>{t.restore}</Button>
            <Button tone="danger" onPress={() => setDoomed({ botid, bot_name })}>
              {t.deleteForGood}
            </Button>
          </li>
        ))}
      </ul>
      {doomed !== undefined && (
        <Confirm
          title={t.deleteForGood}
          text={t.purgeText(doomed.bot_name)}
          action={t.deleteForGood}
          isOpen
          onClose={() => setDoomed(undefined)}
          onConfirm={() => void attempt(() => api.call(purgeBot, { params: { botid: doomed.botid } }))}
        />
      )}
    </>
  )
}

export default BotTrash
