import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { signIn } from '../../../src/accounts/sessions/contract.ts'
import { api, ClientError, messageOf, queries } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox, TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { ButtonLink } from '../ui/link.tsx'
import { Notice } from '../ui/notice.tsx'
import { accountQuery } from './session.ts'
import { shellTexts } from './texts.ts'
import './sign-in.css'

/** Only addresses of this page: another host after the slash would be somebody else's. */
const isOurs = (to: string | undefined): to is string => to !== undefined && /^\/(?![/\\])/.test(to)

export const SignIn = () => {
  const t = shellTexts.use()
  const navigate = useNavigate()
  const { to } = useSearch({ from: '/sign-in' })
  useEffect(() => {
    document.title = `${t.signIn} · Latchkey`
  }, [t])
  const entering = useMutation({
    mutationFn: (form: FormData) =>
      api.call(signIn, {
        body: {
          email: String(form.get('email')),
          password: String(form.get('password')),
          remember_me: form.get('remember') !== null,
        },
      }),
    onSuccess: async ({ account }) => {
      queries.clear()
      queries.setQueryData(accountQuery.queryKey, account)
      await navigate({ href: isOurs(to) ? to : '/' })
    },
  })
  const seconds = useCountdown(entering.error)
  return (
    <main className="sign-in">
      <h1>Latchkey</h1>
      <Form className="sign-in-form" onSubmit={(data) => entering.mutate(data)}>
        {seconds > 0 ? (
          <Notice tone="warn">
            <span aria-hidden>{t.tryAgainIn(seconds)}</span>
          </Notice>
        ) : (
          entering.error !== null &&
          !isLimited(entering.error) && <Notice tone="danger">{messageOf(entering.error)}</Notice>
        )}
        {isLimited(entering.error) && (
          <p className="visually-hidden" role="alert">
            {messageOf(entering.error)}
          </p>
        )}
        <TextField label={t.email} name="email" type="email" autoComplete="username" isRequired autoFocus />
        <TextField label={t.password} name="password" type="password" autoComplete="current-password" isRequired />
        <Checkbox name="remember">{t.rememberMe}</Checkbox>
        <Button type="submit" tone="accent" isPending={entering.isPending} isDisabled={seconds > 0}>
          {t.signIn}
        </Button>
        <ButtonLink tone="quiet" href="/join">
          {t.haveInvite}
        </ButtonLink>
      </Form>
    </main>
  )
}

const isLimited = (error: Error | null): error is ClientError => error instanceof ClientError && error.status === 429

/** @returns Seconds until another attempt makes sense; 0 when it does. */
const useCountdown = (error: Error | null): number => {
  const [until, setUntil] = useState(0)
  const [now, setNow] = useState(0)
  useEffect(() => {
    if (!isLimited(error)) return setUntil(0)
    setNow(Date.now())
    setUntil(Date.now() + (error.retryAfterSeconds ?? 60) * 1_000)
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [error])
  return Math.max(0, Math.ceil((until - now) / 1_000))
}
