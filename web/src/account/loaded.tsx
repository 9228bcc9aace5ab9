import type { ReactNode } from 'react'
import { messageOf } from '../api.ts'
import { shellTexts } from '../app/texts.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

interface Query<Data> {
  readonly data: Data | undefined
  readonly error: Error | null
  refetch(): unknown
}

/** What a query has, or how it is on its way, or why it is not there. */
export const Loaded = <Data,>({
  query,
  children,
}: {
  readonly query: Query<Data>
  readonly children: (data: Data) => ReactNode
}) => {
  const t = shellTexts.use()
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.error === null)
    return (
      <div className="stack" role="status" aria-label={t.loading}>
        {[1, 2, 3].map((n) => (
          <div key={n} className="skeleton" style={{ blockSize: 36 }} />
        ))}
      </div>
    )
  return (
    <Notice tone="danger">
      <p>{messageOf(query.error)}</p>
      <Button onPress={() => void query.refetch()}>{t.again}</Button>
    </Notice>
  )
}
