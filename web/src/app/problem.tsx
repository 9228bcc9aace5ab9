import type { ErrorComponentProps } from '@tanstack/react-router'
import { messageOf } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { ButtonLink } from '../ui/link.tsx'
import { shellTexts } from './texts.ts'

export const NotFound = () => {
  const t = shellTexts.use()
  return <Empty level={1} title={t.notFound} action={<ButtonLink href="/">{t.backHome}</ButtonLink>} />
}

/** What a page shows that failed while it was loaded or drawn: the reason, and a way on. */
export const Problem = ({ error, reset }: ErrorComponentProps) => {
  const t = shellTexts.use()
  return (
    <Empty level={1} title={t.broken} text={messageOf(error)} action={<Button onPress={reset}>{t.again}</Button>} />
  )
}
