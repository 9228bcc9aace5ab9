import { PencilLine, X } from 'lucide-react'
import { Button as AriaButton } from 'react-aria-components'
import { useDraftNames } from './kept.ts'
import { workshopTexts } from './texts.ts'

/** The commands that are open; one of them is shown. */
export const EditorTabs = ({
  botid,
  names,
  active,
  onOpen,
  onClose,
}: {
  readonly botid: string
  readonly names: readonly string[]
  readonly active: string | undefined
  readonly onOpen: (name: string) => void
  readonly onClose: (name: string) => void
}) => {
  const t = workshopTexts.use()
  const unsaved = useDraftNames(botid)
  if (names.length === 0) return null
  return (
    <ul className="workshop-tabs" aria-label={t.openCommands}>
      {names.map((name) => (
        <li key={name} className="workshop-tab" data-active={name === active || undefined}>
          <AriaButton onPress={() => onOpen(name)} aria-current={name === active}>
            {name}
            {unsaved.has(name) && <PencilLine role="img" size={12} aria-label={t.unsaved} />}
          </AriaButton>
          <AriaButton onPress={() => onClose(name)} aria-label={t.closeTab(name)}>
            <X aria-hidden size={14} />
          </AriaButton>
        </li>
      ))}
    </ul>
  )
}
