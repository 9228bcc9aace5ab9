import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Laptop } from 'lucide-react'
import { useState } from 'react'
import { createPairingCode, removeDevice } from '../../../src/accounts/devices/contract.ts'
import { disconnectApp } from '../../../src/accounts/oauth/contract.ts'
import { endAllSessions, endSession } from '../../../src/accounts/sessions/contract.ts'
import { api, queries } from '../api.ts'
import { formatAgo, formatDate } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { say, sayProblem } from '../ui/toast.tsx'
import { agentName } from './agent.ts'
import { Loaded } from './loaded.tsx'
import { appsQuery, devicesQuery, sessionsQuery } from './queries.ts'
import { accountTexts } from './texts.ts'

/** What is asked before something loses its access. */
interface Ending {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly run: () => void
}

/** Who and what is signed in: browsers, devices, programs. */
export const AccessPage = () => {
  const t = accountTexts.use()
  const [ending, setEnding] = useState<Ending>()
  return (
    <>
      <h1>{t.access}</h1>
      <Sessions onEnd={setEnding} />
      <Devices onEnd={setEnding} />
      <Apps onEnd={setEnding} />
      {ending !== undefined && (
        <Confirm {...ending} isOpen onClose={() => setEnding(undefined)} onConfirm={ending.run} />
      )}
    </>
  )
}

interface PartProps {
  readonly onEnd: (ending: Ending) => void
}

/** Ends one thing of a list, and loads that list again. */
const useEnding = (name: 'sessions' | 'devices' | 'apps', call: (id: string) => Promise<unknown>, said: string) =>
  useMutation({
    mutationFn: call,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['account', name] })
      say(said)
    },
    onError: sayProblem,
  })

const Sessions = ({ onEnd }: PartProps) => {
  const t = accountTexts.use()
  const navigate = useNavigate()
  const sessions = useQuery(sessionsQuery)
  const ending = useEnding('sessions', (id) => api.call(endSession, { params: { id } }), t.ended)
  const endAll = async (): Promise<void> => {
    try {
      await api.call(endAllSessions)
      queries.clear()
      await navigate({ to: '/sign-in', search: { to: undefined } })
    } catch (error) {
      sayProblem(error)
    }
  }
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.sessions}</h2>
        <Button
          onPress={() => onEnd({ title: t.endAll, text: t.endAllText, action: t.endAll, run: () => void endAll() })}
        >
          {t.endAll}
        </Button>
      </div>
      <Loaded query={sessions}>
        {(all) => (
          <ul className="rows">
            {all.map(({ id, current, created_at, expires_at, ip, user_agent }) => (
              <li key={id}>
                <Laptop aria-hidden size={18} strokeWidth={1.75} />
                <div className="row-text">
                  <span title={user_agent}>{agentName(user_agent) ?? t.unknownAgent}</span>
                  <small>
                    {ip} · <time dateTime={created_at}>{formatDate(created_at)}</time> ·{' '}
                    {t.endsAt(formatAgo(expires_at))}
                  </small>
                </div>
                {current ? (
                  <span className="chip">{t.current_}</span>
                ) : (
                  <Button onPress={() => ending.mutate(id)}>{t.end}</Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  )
}

const Devices = ({ onEnd }: PartProps) => {
  const t = accountTexts.use()
  const devices = useQuery(devicesQuery)
  const ending = useEnding('devices', (id) => api.call(removeDevice, { params: { id } }), t.unpaired)
  const pairing = useMutation({ mutationFn: () => api.call(createPairingCode), onError: sayProblem })
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.devices}</h2>
        <Button onPress={() => pairing.mutate()} isPending={pairing.isPending}>
          {t.pair}
        </Button>
      </div>
      <p className="muted">{t.devicesText}</p>
      <Loaded query={devices}>
        {(all) =>
          all.length === 0 ? (
            <p>{t.noDevices}</p>
          ) : (
            <ul className="rows">
              {all.map(({ id, name, last_used_at }) => (
                <li key={id}>
                  <div className="row-text">
                    <span>{name}</span>
                    <small>{last_used_at === null ? t.neverUsed : t.usedAgo(formatAgo(last_used_at))}</small>
                  </div>
                  <Button
                    onPress={() =>
                      onEnd({
                        title: t.removeDevice(name),
                        text: t.removeDeviceText,
                        action: t.unpair,
                        run: () => ending.mutate(id),
                      })
                    }
                  >
                    {t.unpair}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {pairing.data !== undefined && (
        <Dialog title={t.pair} isOpen onClose={() => pairing.reset()} isDismissable={false}>
          <p>{t.pairText(formatAgo(pairing.data.expires_at))}</p>
          <div className="secret">
            <code>{pairing.data.pairing_code}</code>
            <CopyButton text={pairing.data.pairing_code} />
          </div>
        </Dialog>
      )}
    </section>
  )
}

const Apps = ({ onEnd }: PartProps) => {
  const t = accountTexts.use()
  const apps = useQuery(appsQuery)
  const ending = useEnding('apps', (id) => api.call(disconnectApp, { params: { id } }), t.disconnected)
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.apps}</h2>
      </div>
      <p className="muted">{t.appsText}</p>
      <Loaded query={apps}>
        {(all) =>
          all.length === 0 ? (
            <p>{t.noApps}</p>
          ) : (
            <ul className="rows">
              {all.map(({ id, name, redirect_host, scopes, last_used_at, expires_at }) => (
                <li key={id}>
                  <div className="row-text">
                    <span>
                      {name} <small>({redirect_host})</small>
                    </span>
                    <small>
                      {scopes.join(', ')} · {t.usedAgo(formatAgo(last_used_at))} · {t.endsAt(formatAgo(expires_at))}
                    </small>
                  </div>
                  <Button
                    onPress={() =>
                      onEnd({
                        title: t.disconnectTitle(name),
                        text: t.disconnectText,
                        action: t.disconnect,
                        run: () => ending.mutate(id),
                      })
                    }
                  >
                    {t.disconnect}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}
