import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { TextField } from '../../ui/field.tsx'
import type { BotCommand } from '../queries.ts'
import { DeletedDialog } from './command-dialogs.tsx'
import { CommandRow } from './command-row.tsx'
import { commandsWith, groupsOf } from './groups.ts'
import { useDraftNames } from './kept.ts'
import { workshopTexts } from './texts.ts'

export interface CommandListProps {
  readonly botid: string
  readonly commands: readonly BotCommand[]
  readonly active: string | undefined
  /** The names of those that failed and were not resolved. */
  readonly failing: ReadonlySet<string>
  readonly onOpen: (name: string) => void
  readonly onNew: () => void
  readonly onRenamed: (from: string, to: string) => void
}

export const CommandList = ({ botid, commands, active, failing, onOpen, onNew, onRenamed }: CommandListProps) => {
  const t = workshopTexts.use()
  const [q, setQ] = useState('')
  const [isTrashOpen, setTrashOpen] = useState(false)
  const unsaved = useDraftNames(botid)
  const found = commandsWith(commands, q)
  const rowOf = (command: BotCommand) => (
    <CommandRow
      key={command._id}
      botid={botid}
      command={command}
      commands={commands}
      isActive={command.command === active}
      isFailing={failing.has(command.command)}
      isUnsaved={unsaved.has(command.command)}
      onOpen={onOpen}
      onRenamed={onRenamed}
    />
  )
  return (
    <div className="workshop-list">
      <div className="bots-row workshop-list-head">
        <div className="bots-grow workshop-search">
          <TextField label={t.search} type="search" placeholder={t.searchShort} value={q} onChange={setQ} />
        </div>
        <IconButton label={t.newCommand} onPress={onNew}>
          <Plus aria-hidden size={18} />
        </IconButton>
      </div>
      <div className="workshop-scroll">
        {commands.length === 0 && (
          <Empty
            title={t.noCommands}
            text={t.noCommandsText}
            action={<Button onPress={onNew}>{t.newCommand}</Button>}
          />
        )}
        {commands.length > 0 && found.length === 0 && <p className="bots-muted workshop-none">{t.nothingFound}</p>}
        {groupsOf(found).map(({ kind, name, commands: inside }) =>
          kind === 'loose' ? (
            <ul key={kind}>{inside.map(rowOf)}</ul>
          ) : (
            <details key={`${kind} ${name}`} open>
              <summary>{kind === 'pinned' ? t.pinned : name}</summary>
              <ul>{inside.map(rowOf)}</ul>
            </details>
          ),
        )}
      </div>
      <Button tone="quiet" onPress={() => setTrashOpen(true)}>
        <Trash2 aria-hidden size={16} />
        {t.trash}
      </Button>
      {isTrashOpen && <DeletedDialog botid={botid} onClose={() => setTrashOpen(false)} />}
    </div>
  )
}
