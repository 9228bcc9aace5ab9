import { useMutation } from '@tanstack/react-query'
import { createFeed, deleteFeed } from '../../../../src/cards/feeds/contract.ts'
import type { SavedSearch } from '../../../../src/cards/saved-searches/contract.ts'
import { api, messageOf, queries } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say } from '../../ui/toast.tsx'
import { savedSearchesQuery } from '../queries.ts'
import { searchTexts } from './texts.ts'

const FORMATS = [
  ['rss', 'RSS'],
  ['atom', 'Atom'],
  ['json', 'JSON Feed'],
] as const

/** The secret addresses of a saved search, told once. */
export const FeedDialog = ({ search, onClose }: { readonly search: SavedSearch; readonly onClose: () => void }) => {
  const t = searchTexts.use()
  const params = { id: search.id }
  const refresh = () => queries.invalidateQueries(savedSearchesQuery)
  const making = useMutation({ mutationFn: () => api.call(createFeed, { params }), onSuccess: refresh })
  const ending = useMutation({
    mutationFn: () => api.call(deleteFeed, { params }),
    onSuccess: async () => {
      await refresh()
      say(t.feedEnded)
      onClose()
    },
  })
  const failure = making.error ?? ending.error
  return (
    <Dialog title={`${t.feed}: ${search.name}`} isOpen onClose={onClose} isDismissable={making.data === undefined}>
      <p>{t.feedText}</p>
      {failure !== null && <Notice tone="danger">{messageOf(failure)}</Notice>}
      {making.data === undefined && search.hasFeed && <Notice tone="warn">{t.feedAgain}</Notice>}
      {making.data !== undefined && (
        <ul className="feed-addresses">
          {FORMATS.map(([key, name]) => (
            <li key={key}>
              <strong>{name}</strong>
              <code>{making.data[key]}</code>
              <CopyButton text={making.data[key]} />
            </li>
          ))}
        </ul>
      )}
      <div className="dialog-actions">
        {search.hasFeed && (
          <Button tone="danger" onPress={() => ending.mutate()} isPending={ending.isPending}>
            {t.endFeed}
          </Button>
        )}
        {making.data === undefined && (
          <Button tone="accent" onPress={() => making.mutate()} isPending={making.isPending}>
            {t.makeFeed}
          </Button>
        )}
      </div>
    </Dialog>
  )
}
