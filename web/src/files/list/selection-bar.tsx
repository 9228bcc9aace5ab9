import { X } from 'lucide-react'
import { Button, IconButton } from '../../ui/button.tsx'
import type { Entry } from '../entry.ts'
import { filesTexts } from '../texts.ts'
import { type Act, canDo, useVerbNames, type Verb, verbIcon } from './verbs.tsx'

const VERBS: readonly Verb[] = ['share', 'rename', 'move', 'copy', 'download', 'trash']

/** What can be done with the chosen entries; it takes the place of the toolbar. */
export const SelectionBar = ({
  entries,
  onClear,
  onAll,
  act,
  mayChange,
}: {
  readonly entries: readonly Entry[]
  readonly onClear: () => void
  readonly onAll: () => void
  readonly act: Act
  readonly mayChange: boolean
}) => {
  const t = filesTexts.use()
  const names = useVerbNames()
  return (
    <div className="files-tools selection-bar" role="toolbar" aria-label={t.selected(entries.length)}>
      <IconButton label={t.clearSelection} onPress={onClear}>
        <X aria-hidden size={18} />
      </IconButton>
      <output>{t.selected(entries.length)}</output>
      <Button tone="quiet" onPress={onAll}>
        {t.selectAll}
      </Button>
      <span className="selection-verbs">
        {VERBS.filter((verb) => canDo(verb, entries, mayChange)).map((verb) => (
          <IconButton
            key={verb}
            label={names[verb]}
            tone={verb === 'trash' ? 'danger' : 'quiet'}
            onPress={() => act(verb, entries)}
          >
            {verbIcon(verb)}
          </IconButton>
        ))}
      </span>
    </div>
  )
}
