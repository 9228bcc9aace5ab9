import { messageOf } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { botsTexts } from './texts.ts'

/** Lines where a list will be. */
export const Loading = ({ rows = 3 }: { readonly rows?: number }) => (
  <div className="bots-stack" aria-busy>
    {Array.from({ length: rows }, (_, n) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same.
      <div key={n} className="skeleton bots-skeleton" />
    ))}
  </div>
)

/** What the server said instead of a list, and another try. */
export const Failed = ({ error, retry }: { readonly error: unknown; readonly retry: () => unknown }) => {
  const t = botsTexts.use()
  return (
    <Notice tone="danger">
      <div className="bots-row">
        <span className="bots-grow">{messageOf(error)}</span>
        <Button onPress={() => void retry()}>{t.retry}</Button>
      </div>
    </Notice>
  )
}

interface Paged {
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly fetchNextPage: () => unknown
}

/** The way to the next page of a list, if there is one. */
export const More = ({ of: list }: { readonly of: Paged }) => {
  const t = botsTexts.use()
  if (!list.hasNextPage) return null
  return (
    <div className="bots-row bots-centre">
      <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
        {t.loadMore}
      </Button>
    </div>
  )
}
