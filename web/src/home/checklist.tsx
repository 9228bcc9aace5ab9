import { useQuery } from '@tanstack/react-query'
import { Check, Circle } from 'lucide-react'
import { Link } from 'react-aria-components'
import { getStorage } from '../../../src/files/storage/contract.ts'
import { keysQuery } from '../account/queries.ts'
import { api } from '../api.ts'
import { allBots } from '../app/finding.ts'
import { useInstall } from '../app/install.ts'
import { prefer, usePreference } from '../app/preferences.ts'
import { useAccount } from '../app/session.ts'
import { Button } from '../ui/button.tsx'
import { say } from '../ui/toast.tsx'
import { newestCards, newestFiles } from './queries.ts'
import { homeTexts } from './texts.ts'

/** What a new account may want to do first; gone when all of it is done or nobody wants to see it. */
export const Checklist = () => {
  const t = homeTexts.use()
  const account = useAccount()
  const isHidden = usePreference('first_steps') === false
  const files = useQuery(newestFiles).data?.files
  const cards = useQuery(newestCards).data?.items
  const bots = useQuery(allBots).data
  const keys = useQuery(keysQuery).data
  const storage = useQuery({
    queryKey: ['files', 'storage'],
    queryFn: ({ signal }) => api.call(getStorage, { signal }),
    enabled: account?.is_admin === true,
  }).data
  const install = useInstall()
  if (isHidden || files === undefined || cards === undefined || bots === undefined || keys === undefined) return null
  const steps = [
    { id: 'file', name: t.stepFile, isDone: files.length > 0, href: '/files' },
    { id: 'card', name: t.stepCard, isDone: cards.length > 0, href: '/cards' },
    { id: 'bot', name: t.stepBot, isDone: bots.length > 0, href: '/bots' },
    { id: 'key', name: t.stepKey, isDone: keys.length > 0, href: '/account/keys' },
    ...(storage === undefined
      ? []
      : [
          {
            id: 'telegram',
            name: t.stepTelegram,
            isDone: storage.backends.some(({ kind }) => kind === 'telegram'),
            href: '/files/storage',
          },
        ]),
  ]
  if (steps.every(({ isDone }) => isDone) && install === undefined) return null
  const hide = (): void => {
    prefer({ first_steps: false })
    say(t.hidden, () => prefer({ first_steps: null }))
  }
  return (
    <section className="rail-part">
      <h2>{t.steps}</h2>
      <ul className="checklist">
        {steps.map(({ id, name: step, isDone, href }) => (
          <li key={id} data-done={isDone || undefined}>
            {isDone ? <Check aria-hidden size={16} /> : <Circle aria-hidden size={16} />}
            {isDone ? <s>{step}</s> : <Link href={href}>{step}</Link>}
          </li>
        ))}
        {install !== undefined && (
          <li>
            <Circle aria-hidden size={16} />
            <button type="button" className="link" onClick={install}>
              {t.stepInstall}
            </button>
          </li>
        )}
      </ul>
      <Button tone="quiet" onPress={hide}>
        {t.hide}
      </Button>
    </section>
  )
}
