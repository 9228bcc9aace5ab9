import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { signIn } from '../../../src/accounts/sessions/contract.ts'
import { joinTeam } from '../../../src/accounts/teams/contract.ts'
import { signUp } from '../../../src/accounts/users/contract.ts'
import { api, messageOf, queries } from '../api.ts'
import { accountQuery } from '../app/session.ts'
import { shellTexts } from '../app/texts.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { ButtonLink } from '../ui/link.tsx'
import { Notice } from '../ui/notice.tsx'
import { say, Toasts } from '../ui/toast.tsx'
import { joinTexts } from './texts.ts'
import '../app/sign-in.css'

/** What stands behind the `#` is seen by no server and no proxy. */
const inAddress = (name: string): string | undefined =>
  new URLSearchParams(location.hash.slice(1)).get(name) ?? undefined

/** Where invitations lead: `#t=` into a team, `#invite=` to an account of one's own. */
export const JoinPage = () => {
  const token = inAddress('t')
  const t = joinTexts.use()
  const title = token === undefined ? t.signUp : t.team
  useEffect(() => {
    document.title = `${title} · Latchkey`
  }, [title])
  return (
    <main className="sign-in">
      <h1>{title}</h1>
      {token === undefined ? <SignUp invite={inAddress('invite')} /> : <JoinTeam token={token} />}
      <Toasts />
    </main>
  )
}

const JoinTeam = ({ token }: { readonly token: string }) => {
  const t = joinTexts.use()
  const navigate = useNavigate()
  const { data: account, isPending } = useQuery(accountQuery)
  const joining = useMutation({
    mutationFn: () => api.call(joinTeam, { body: { token } }),
    onSuccess: async (team) => {
      await queries.invalidateQueries({ queryKey: ['account'] })
      say(t.joined(team.name))
      await navigate({ to: '/files/$', params: { _splat: '' }, search: { team: team.id } })
    },
  })
  if (isPending) return null
  if (account === null || account === undefined)
    return (
      <div className="sign-in-form">
        <p>{t.teamText}</p>
        <Notice>{t.signInFirst}</Notice>
        <ButtonLink tone="accent" href={`/sign-in?to=${encodeURIComponent(`/join${location.hash}`)}`}>
          {t.signIn}
        </ButtonLink>
      </div>
    )
  return (
    <div className="sign-in-form">
      <p>{t.teamText}</p>
      {joining.error !== null && <Notice tone="danger">{messageOf(joining.error)}</Notice>}
      <Button tone="accent" onPress={() => joining.mutate()} isPending={joining.isPending}>
        {t.join}
      </Button>
    </div>
  )
}

const SignUp = ({ invite }: { readonly invite: string | undefined }) => {
  const t = joinTexts.use()
  const words = shellTexts.use()
  const navigate = useNavigate()
  const creating = useMutation({
    mutationFn: async (form: FormData) => {
      const [email, password] = [String(form.get('email')), String(form.get('password'))]
      const code = (invite ?? String(form.get('invite') ?? '')).trim()
      await api.call(signUp, { body: { email, password, ...(code === '' ? {} : { invite: code }) } })
      // The answer is the same for an address that had an account: only signing in tells.
      return (await api.call(signIn, { body: { email, password } })).account
    },
    onSuccess: async (account) => {
      queries.clear()
      queries.setQueryData(accountQuery.queryKey, account)
      await navigate({ to: '/', replace: true })
    },
  })
  return (
    <Form className="sign-in-form" onSubmit={(data) => creating.mutate(data)}>
      {invite !== undefined && <p>{t.signUpText}</p>}
      {creating.error !== null && <Notice tone="danger">{messageOf(creating.error)}</Notice>}
      {invite === undefined && <TextField label={t.invite} name="invite" hint={t.inviteHint} autoComplete="off" />}
      <TextField label={words.email} name="email" type="email" autoComplete="username" isRequired autoFocus />
      <TextField
        label={words.password}
        name="password"
        type="password"
        autoComplete="new-password"
        minLength={8}
        hint={t.repeatHint}
        isRequired
      />
      <Button type="submit" tone="accent" isPending={creating.isPending}>
        {t.create}
      </Button>
      <ButtonLink tone="quiet" href="/sign-in">
        {t.signIn}
      </ButtonLink>
    </Form>
  )
}
