import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type Broadcast,
  pauseBroadcast,
  rerunBroadcast,
  resumeBroadcast,
  setBroadcastSpeed,
  stopBroadcast,
} from '../../../../src/bots/broadcasts/contract.ts'
import { api } from '../../api.ts'
import { formatAgo, formatDate } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Select } from '../../ui/select.tsx'
import { numberChoices } from '../numbers.ts'
import { settingsQuery } from '../queries.ts'
import { attempt } from '../undo.ts'
import { broadcastsTexts } from './texts.ts'

const CONTROLS = { pause: pauseBroadcast, resume: resumeBroadcast, stop: stopBroadcast, rerun: rerunBroadcast } as const
// A broadcast is always slower than the setting lets the bot be.
const SPEEDS = [1, 5, 8, 15, 25, 50, 80, 250, 800] as const

/** How far a broadcast is, and what can be done about it. */
export const BroadcastRow = ({ botid, broadcast }: { readonly botid: string; readonly broadcast: Broadcast }) => {
  const t = broadcastsTexts.use()
  const { broadcast_id: id, state, processed, total_users: all } = broadcast
  const [asked, setAsked] = useState<'stop' | 'rerun'>()
  const isOpen = state === 'testing' || state === 'running' || state === 'paused'
  const params = { botid, broadcastid: id }
  const control = (verb: keyof typeof CONTROLS) => (): void => void attempt(() => api.call(CONTROLS[verb], { params }))
  const setSpeed = (speed: string): void =>
    void attempt(() => api.call(setBroadcastSpeed, { params, body: { speed: Number(speed) } }))
  const most = useQuery(settingsQuery(botid)).data?.messages_per_second ?? broadcast.speed
  const speeds = SPEEDS.filter((speed) => speed < most)
  return (
    <li className="bots-item">
      <div className="bots-item-text bots-stack">
        <span>
          <strong>{t[state]}</strong> <span className="bots-muted">{formatAgo(broadcast.created_at)}</span>
        </span>
        <Progress label={t.progress(processed, all)} value={all === 0 ? 1 : processed / all} />
        <span className="bots-muted" role="status">
          {t.progress(processed, all)} · {t.got(broadcast.total_success)}
          {broadcast.total_errors > 0 && ` · ${t.errors(broadcast.total_errors)}`}
          {broadcast.total_blocked > 0 && `, ${t.blocked(broadcast.total_blocked)}`}
          {isOpen && broadcast.eta_seconds !== null && ` · ${t.eta(broadcast.eta_seconds)}`}
        </span>
        {broadcast.waits_until !== null && (
          <span className="bots-muted">{t.waits(formatDate(broadcast.waits_until))}</span>
        )}
        {broadcast.problem !== null && (
          <span className="bots-problem">
            {broadcast.problem} {broadcast.hint}
          </span>
        )}
      </div>
      {isOpen && (
        <Select
          label={t.speed}
          choices={numberChoices(speeds, broadcast.speed)}
          value={String(broadcast.speed)}
          onChange={setSpeed}
        />
      )}
      {state === 'running' && <Button onPress={control('pause')}>{t.pause}</Button>}
      {state === 'paused' && <Button onPress={control('resume')}>{t.resume}</Button>}
      {isOpen ? (
        <Button tone="danger" onPress={() => setAsked('stop')}>
          {t.stop}
        </Button>
      ) : (
        <Button onPress={() => setAsked('rerun')}>{t.rerun}</Button>
      )}
      {asked !== undefined && (
        <Confirm
          title={t[asked]}
          text={asked === 'stop' ? t.stopText : t.rerunText}
          action={t[asked]}
          isOpen
          onConfirm={control(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </li>
  )
}
