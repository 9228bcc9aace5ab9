import { useMutation } from '@tanstack/react-query'
import { setUp } from '../../../src/accounts/users/contract.ts'
import { api, messageOf, queries } from '../api.ts'
import { accountQuery } from '../app/session.ts'
import { shellTexts } from '../app/texts.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { setupTexts } from './texts.ts'

/** The token stands behind the `#`, so no server and no proxy has seen it. */
const tokenInAddress = (): string | null => new URLSearchParams(location.hash.slice(1)).get('t')

export const AccountStep = ({ onDone }: { readonly onDone: () => void }) => {
  const t = setupTexts.use()
  const words = shellTexts.use()
  const token = tokenInAddress()
  const creating = useMutation({
    mutationFn: (form: FormData) =>
      api.call(setUp, {
        body: { token: token ?? '', email: String(form.get('email')), password: String(form.get('password')) },
      }),
    onSuccess: ({ account }) => {
      // Used up: what remains in the address must not look like a link that works.
      history.replaceState(history.state, '', location.pathname)
      queries.setQueryData(accountQuery.queryKey, account)
      onDone()
    },
  })
  if (token === null && !creating.isSuccess)
    return (
      <Notice tone="warn">
        {t.incomplete} <code>npx latchkey setup-link</code>
      </Notice>
    )
  return (
    <Form className="setup-form" onSubmit={(data) => creating.mutate(data)}>
      {creating.error !== null && <Notice tone="danger">{messageOf(creating.error)}</Notice>}
      <TextField label={words.email} name="email" type="email" autoComplete="username" isRequired autoFocus />
      <TextField
        label={words.password}
        name="password"
        type="password"
        autoComplete="new-password"
        minLength={8}
        hint={t.passwordHint}
        isRequired
      />
      <Button type="submit" tone="accent" isPending={creating.isPending}>
        {t.create}
      </Button>
    </Form>
  )
}
