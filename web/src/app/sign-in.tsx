import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Form } from 'react-aria-components'
import { signIn } from '../../../src/accounts/sessions/contract.ts'
import { api, messageOf, queries } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox, TextField } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { accountQuery } from './session.ts'
import { shellTexts } from './texts.ts'
import './sign-in.css'

export const SignIn = () => {
  const t = shellTexts.use()
  const navigate = useNavigate()
  const { to } = useSearch({ from: '/sign-in' })
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
      // Only addresses of this page: another host after the slash would be somebody else's.
      await navigate({ to: to !== undefined && /^\/(?![/\\])/.test(to) ? to : '/' })
    },
  })
  return (
    <main className="sign-in">
      <h1>Latchkey</h1>
      <Form
        className="sign-in-form"
        onSubmit={(event) => {
          event.preventDefault()
          entering.mutate(new FormData(event.currentTarget))
        }}
      >
        {entering.error !== null && <Notice tone="danger">{messageOf(entering.error)}</Notice>}
        <TextField label={t.email} name="email" type="email" autoComplete="username" isRequired autoFocus />
        <TextField label={t.password} name="password" type="password" autoComplete="current-password" isRequired />
        <Checkbox name="remember">{t.rememberMe}</Checkbox>
        <Button type="submit" tone="accent" isPending={entering.isPending}>
          {t.signIn}
        </Button>
      </Form>
    </main>
  )
}
