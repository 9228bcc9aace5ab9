import { useMutation } from '@tanstack/react-query'
import { readAgain } from '../../../../src/cards/processing/contract.ts'
import { api, queries } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { settleCard } from '../cache.ts'
import type { ShownCard } from '../card.ts'
import { cardKey } from '../queries.ts'
import { cardsTexts } from '../texts.ts'
import { sheetTexts } from './texts.ts'

/** How far the server is with a card, and what to do when it could not be read. */
export const ReadingState = ({ card }: { readonly card: ShownCard }) => {
  const t = sheetTexts.use()
  const words = cardsTexts.use()
  const asking = useMutation({
    mutationFn: () => api.call(readAgain, { params: { id: card.id } }),
    onSuccess: ({ metadataStatus }) => {
      settleCard({ id: card.id, preview: { ...card.preview, state: metadataStatus } })
      say(t.asked)
      return queries.invalidateQueries({ queryKey: cardKey(card.id) })
    },
    onError: sayProblem,
  })
  const reasons = [...new Set(Object.values(card.processingStatus ?? {}).flatMap((stage) => stage?.error ?? []))]
  if (card.preview.state === 'pending')
    return (
      <p className="sheet-muted" role="status">
        {words.readingPage}
      </p>
    )
  if (card.preview.state !== 'failed' && reasons.length === 0) return null
  return (
    <Notice tone={card.preview.state === 'failed' ? 'warn' : 'info'}>
      {card.preview.state === 'failed' && t.failed} {reasons.join(' ')}
      <span className="composer-choices">
        <Button onPress={() => asking.mutate()} isPending={asking.isPending}>
          {t.readAgain}
        </Button>
      </span>
    </Notice>
  )
}
