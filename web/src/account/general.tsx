import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { changePassword, deleteAccount } from '../../../src/accounts/users/contract.ts'
import { api, messageOf, queries } from '../api.ts'
import { useAccount } from '../app/session.ts'
import { signOut } from '../app/signing-out.ts'
import { usageQuery } from '../home/queries.ts'
import { formatBytes, formatDate, useLocale } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Progress } from '../ui/progress.tsx'
import { say } from '../ui/toast.tsx'
import { Appearance } from './appearance.tsx'
import { Loaded } from './loaded.tsx'
import { accountTexts } from './texts.ts'

/** Who one is, what one may have, how it looks, and the way out. */
export const GeneralPage = () => {
  const t = accountTexts.use()
  const account = useAccount()
  const navigate = useNavigate()
  return (
    <>
      <header className="page-head">
        <h1>{t.general}</h1>
        <Button onPress={() => void signOut(() => void navigate({ to: '/sign-in', search: { to: undefined } }))}>
          {t.signOut}
        </Button>
      </header>
      {account !== undefined && (
        <p>
          <strong>{account.email}</strong>
          <span className="line">{t.since(formatDate(account.created_at))}</span>
        </p>
      )}
      <PlanAndUse />
      <Appearance />
      <Password />
      <Removal />
    </>
  )
}

const PlanAndUse = () => {
  const t = accountTexts.use()
  const language = useLocale()
  const query = useQuery(usageQuery)
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.plan}</h2>
      </div>
      <Loaded query={query}>
        {({
          plan,
          used_bytes,
          max_bytes,
          trash_bytes,
          links,
          max_links,
          keys,
          max_keys,
          calls_today,
          calls_per_day,
        }) => {
          const number = (value: number): string => value.toLocaleString(language)
          const of = (used: number, most: number | null, show = number): string =>
            most === null ? t.noLimit(show(used)) : t.ofMost(show(used), show(most))
          return (
            <>
              <p>{t.planName(plan.id)}</p>
              {!plan.api && <Notice tone="warn">{t.apiOff}</Notice>}
              <dl className="facts">
                <dt>{t.storage}</dt>
                <dd>
                  {of(used_bytes, max_bytes, formatBytes)}
                  {max_bytes !== null && (
                    <Progress label={t.storage} value={max_bytes === 0 ? 1 : used_bytes / max_bytes} />
                  )}
                  {trash_bytes > 0 && <small className="line">{t.trashed(formatBytes(trash_bytes))}</small>}
                </dd>
                <dt>{t.links}</dt>
                <dd>{of(links, max_links)}</dd>
                <dt>{t.keysOfFiles}</dt>
                <dd>{of(keys, max_keys)}</dd>
                <dt>{t.calls}</dt>
                <dd>{of(calls_today, calls_per_day)}</dd>
              </dl>
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

const Password = () => {
  const t = accountTexts.use()
  const form = useRef<HTMLFormElement>(null)
  const changing = useMutation({
    mutationFn: (data: FormData) =>
      api.call(changePassword, {
        body: { current_password: String(data.get('current')), new_password: String(data.get('next')) },
      }),
    onSuccess: async () => {
      form.current?.reset()
      say(t.changed)
      await queries.invalidateQueries({ queryKey: ['account', 'sessions'] })
    },
  })
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.password}</h2>
      </div>
      <Form ref={form} className="stack" onSubmit={(data) => changing.mutate(data)}>
        {changing.error !== null && <Notice tone="danger">{messageOf(changing.error)}</Notice>}
        <TextField label={t.current} name="current" type="password" autoComplete="current-password" isRequired />
        <TextField
          label={t.next}
          name="next"
          type="password"
          autoComplete="new-password"
          minLength={8}
          hint={t.nextHint}
          isRequired
        />
        <Button type="submit" isPending={changing.isPending}>
          {t.change}
        </Button>
      </Form>
    </section>
  )
}

const Removal = () => {
  const t = accountTexts.use()
  const navigate = useNavigate()
  const [isAsking, setIsAsking] = useState(false)
  const removing = useMutation({
    mutationFn: (data: FormData) => api.call(deleteAccount, { body: { password: String(data.get('current')) } }),
    onSuccess: async () => {
      queries.clear()
      await navigate({ to: '/sign-in', search: { to: undefined } })
    },
  })
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>{t.remove}</h2>
      </div>
      <p>{t.removeText}</p>
      <Button tone="danger" onPress={() => setIsAsking(true)}>
        {t.remove}
      </Button>
      <Dialog title={t.removeConfirm} isOpen={isAsking} onClose={() => setIsAsking(false)}>
        <Form className="stack" onSubmit={(data) => removing.mutate(data)}>
          {removing.error !== null && <Notice tone="danger">{messageOf(removing.error)}</Notice>}
          <p>{t.removeText}</p>
          <TextField label={t.current} name="current" type="password" autoComplete="current-password" isRequired />
          <div className="dialog-actions">
            <Button type="submit" tone="danger" isPending={removing.isPending}>
              {t.remove}
            </Button>
          </div>
        </Form>
      </Dialog>
    </section>
  )
}
