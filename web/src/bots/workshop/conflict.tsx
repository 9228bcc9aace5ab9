import { lazy, Suspense } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { workshopTexts } from './texts.ts'
import type { SavingState } from './use-saving.ts'

const DiffView = lazy(() => import('../editor/diff-view.tsx'))

/** Two wrote the same command: what differs, and whose is kept. */
export const Conflict = ({
  name,
  mine,
  saving,
}: {
  readonly name: string
  readonly mine: string
  readonly saving: SavingState
}) => {
  const t = workshopTexts.use()
  if (saving.theirs === undefined) return null
  return (
    <Dialog title={t.conflict(name)} isOpen onClose={saving.later} place="side" isDismissable={false}>
      <p>{t.conflictText}</p>
      <Suspense fallback={<div className="skeleton workshop-diff" />}>
        <DiffView before={saving.theirs.code} after={mine} />
      </Suspense>
      <div className="dialog-actions">
        <Button onPress={saving.takeTheirs}>{t.takeTheirs}</Button>
        <Button tone="accent" onPress={() => void saving.keepMine()}>
          {t.keepMine}
        </Button>
      </div>
    </Dialog>
  )
}
