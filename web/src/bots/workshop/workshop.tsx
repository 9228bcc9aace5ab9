import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ToggleButton } from 'react-aria-components'
import { useActions } from '../../app/actions.ts'
import { Empty } from '../../ui/empty.tsx'
import { say } from '../../ui/toast.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { editorSession } from '../editor/session.ts'
import { LogPane } from '../log/log.tsx'
import { lastFailure } from '../log/log-state.ts'
import { useLog } from '../log/use-log.ts'
import { type BotCommand, commandsQuery, errorsQuery } from '../queries.ts'
import { NoSimulator } from '../simulator/no-simulator.tsx'
import { SimulatorPane } from '../simulator/simulator.tsx'
import { refreshSimulator, useSimulator } from '../simulator/use-simulator.ts'
import { Failed, Loading } from '../states.tsx'
import { trashCommand } from './command-changes.ts'
import { NewCommandDialog } from './command-dialogs.tsx'
import { CommandList } from './command-list.tsx'
import { EditorPane } from './editor-pane.tsx'
import { EditorTabs } from './editor-tabs.tsx'
import { groupsOf } from './groups.ts'
import { workshopTexts } from './texts.ts'
import { useKnowledge } from './use-knowledge.ts'
import { useOpenCommands } from './use-open-commands.ts'
import './workshop.css'

const PANES = ['commands', 'code', 'simulator', 'log'] as const
type Pane = (typeof PANES)[number]

const Workshop = ({ bot }: TabProps) => {
  const commands = useQuery(commandsQuery(bot.botid))
  if (commands.data !== undefined) return <Bench bot={bot} commands={commands.data} />
  return commands.isError ? <Failed error={commands.error} retry={commands.refetch} /> : <Loading rows={6} />
}

/** Names that stand for something else than a message. */
const SPECIAL = new Set(['*', '@', '~', '!', '.env'])

/** In a narrow window one of them is in sight. */
const PaneChoice = ({ pane, onChange }: { readonly pane: Pane; readonly onChange: (pane: Pane) => void }) => {
  const t = workshopTexts.use()
  return (
    <fieldset className="workshop-panes tab-list" aria-label={t.panes}>
      {PANES.map((each) => (
        <ToggleButton key={each} className="tab" isSelected={each === pane} onChange={() => onChange(each)}>
          {t[each]}
        </ToggleButton>
      ))}
    </fieldset>
  )
}

const Bench = ({ bot, commands }: TabProps & { readonly commands: readonly BotCommand[] }) => {
  const t = workshopTexts.use()
  const { botid } = bot
  const [pane, setPane] = useState<Pane>('code')
  const [isNaming, setNaming] = useState(false)
  const [session] = useState(editorSession)
  const [goTo, setGoTo] = useState<{ line: number }>()
  const opened = useOpenCommands(botid, commands)
  const knowledge = useKnowledge(botid, commands)
  const simulator = useSimulator(botid, bot.simulated)
  const log = useLog(botid, () => void refreshSimulator(botid))
  const failing = useFailing(botid, commands)
  const { active } = opened
  const changedAt = commands.find(({ command }) => command === active)?.updated_at

  const [shownLine, setShownLine] = useState<number>()
  if (opened.line !== shownLine) {
    setShownLine(opened.line)
    if (opened.line !== undefined) setGoTo({ line: opened.line })
  }
  const open = (name: string): void => {
    opened.show(name)
    setPane('code')
  }
  const toLine = (command: string, line: number): void => {
    open(command)
    setGoTo({ line })
  }
  const run = (): void => {
    if (active === undefined) return
    if (SPECIAL.has(active) || active.startsWith('/handler_')) {
      say(t.cannotRun)
      return
    }
    setPane('simulator')
    void simulator.send({ text: active })
  }
  useWorkshopActions({ botid, commands, active, open, onNew: () => setNaming(true) })

  return (
    <div className="workshop" data-pane={pane}>
      <PaneChoice pane={pane} onChange={setPane} />
      <section className="workshop-pane" data-name="commands" aria-label={t.commands}>
        <CommandList
          botid={botid}
          commands={commands}
          active={active}
          failing={failing}
          onOpen={open}
          onNew={() => setNaming(true)}
          onRenamed={opened.renamed}
        />
      </section>
      <section className="workshop-pane" data-name="code" aria-label={t.code}>
        <EditorTabs botid={botid} names={opened.names} active={active} onOpen={open} onClose={opened.close} />
        {active === undefined ? (
          <Empty title={t.choose} />
        ) : (
          <EditorPane
            key={active}
            botid={botid}
            name={active}
            session={session}
            knowledge={knowledge}
            failure={lastFailure(log.runs, active, changedAt)}
            goTo={goTo}
            onRun={run}
          />
        )}
      </section>
      <section className="workshop-pane" data-name="simulator" aria-label={t.simulator}>
        {bot.simulated ? <SimulatorPane bot={bot} simulator={simulator} /> : <NoSimulator bot={bot} />}
      </section>
      <section className="workshop-pane" data-name="log" aria-label={t.log}>
        <LogPane log={log} onLine={toLine} onAgain={bot.simulated ? (id) => void simulator.replay(id) : undefined} />
      </section>
      {isNaming && <NewCommandDialog botid={botid} onMade={open} onClose={() => setNaming(false)} />}
    </div>
  )
}

/** The commands with an open error as they are now: one that was changed since is taken for mended until it fails again. */
const useFailing = (botid: string, commands: readonly BotCommand[]): ReadonlySet<string> => {
  const errors = useInfiniteQuery(errorsQuery(botid, 'open'))
  const changedAt = new Map(commands.map(({ command, updated_at }) => [command, updated_at]))
  const open = errors.data?.pages.flatMap((page) => page.errors) ?? []
  return new Set(
    open
      .filter(({ command, last_seen_at }) => last_seen_at >= (changedAt.get(command) ?? ''))
      .map(({ command }) => command),
  )
}

interface Wishes {
  readonly botid: string
  readonly commands: readonly BotCommand[]
  readonly active: string | undefined
  readonly open: (name: string) => void
  readonly onNew: () => void
}

const useWorkshopActions = ({ botid, commands, active, open, onNew }: Wishes): void => {
  const t = workshopTexts.use()
  const ordered = groupsOf(commands).flatMap((group) => group.commands)
  const at = ordered.findIndex(({ command }) => command === active)
  const step = (by: number): void => {
    const next = ordered[at + by]
    if (next !== undefined) open(next.command)
  }
  const focus = (selector: string) => (): void => document.querySelector<HTMLElement>(selector)?.focus()
  const current = ordered[at]
  useActions([
    { id: 'command.new', name: t.newCommand, keys: 'n', area: 'bots', run: onNew },
    { id: 'command.search', name: t.search, keys: '/', inPalette: false, run: focus('.workshop-search input') },
    { id: 'command.edit', name: t.edit, keys: 'e', inPalette: false, run: focus('.workshop-code .cm-content') },
    { id: 'command.next', name: t.next, keys: 'j', inPalette: false, run: () => step(1) },
    { id: 'command.previous', name: t.previous, keys: 'k', inPalette: false, run: () => step(-1) },
    {
      id: 'command.delete',
      name: t.remove,
      keys: '#',
      area: 'bots',
      isDisabled: current === undefined,
      run: () => current !== undefined && void trashCommand(botid, current),
    },
    ...ordered.map(({ command }) => ({
      id: `command.open.${command}`,
      name: command,
      group: t.commands,
      area: 'bots' as const,
      run: () => open(command),
    })),
  ])
}

export default Workshop
