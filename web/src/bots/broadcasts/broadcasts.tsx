import { useQuery } from '@tanstack/react-query'
import { Megaphone } from 'lucide-react'
import { useState } from 'react'
import { clearBroadcasts } from '../../../../src/bots/broadcasts/contract.ts'
import { api } from '../../api.ts'
import { useActions } from '../../app/actions.ts'
import { AskingButton } from '../../ui/asking-button.tsx'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { broadcastsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { attempt } from '../undo.ts'
import { BroadcastRow } from './broadcast-row.tsx'
import { CreateBroadcast } from './create.tsx'
import { broadcastsTexts } from './texts.ts'

const Broadcasts = ({ bot: { botid } }: TabProps) => {
  const t = broadcastsTexts.use()
  const broadcasts = useQuery(broadcastsQuery(botid))
  const [isCreating, setCreating] = useState(false)
  const all = broadcasts.data ?? []
  const create = (
    <Button tone="accent" onPress={() => setCreating(true)}>
      <Megaphone aria-hidden size={16} />
      {t.create}
    </Button>
  )
  useActions([{ id: 'broadcast.new', name: t.create, keys: 'n', area: 'bots', run: () => setCreating(true) }])
  return (
    <div className="bots-stack">
      {all.length > 0 && (
        <div className="bots-row">
          {create}
          <span className="bots-grow" />
          {all.some(({ finished_at }) => finished_at !== null) && (
            <AskingButton
              name={t.clear}
              question={t.clearText}
              tone="quiet"
              onConfirm={() => void attempt(() => api.call(clearBroadcasts, { params: { botid } }))}
            />
          )}
        </div>
      )}
      {broadcasts.isPending && <Loading />}
      {broadcasts.isError && broadcasts.data === undefined && (
        <Failed error={broadcasts.error} retry={broadcasts.refetch} />
      )}
      {broadcasts.data?.length === 0 && <Empty title={t.none} text={t.noneText} action={create} />}
      <ul className="bots-list">
        {all.map((broadcast) => (
          <BroadcastRow key={broadcast.broadcast_id} botid={botid} broadcast={broadcast} />
        ))}
      </ul>
      {isCreating && <CreateBroadcast botid={botid} onClose={() => setCreating(false)} />}
    </div>
  )
}

export default Broadcasts
