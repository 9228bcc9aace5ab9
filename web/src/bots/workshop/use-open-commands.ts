import { useState } from 'react'
import type { BotCommand } from '../queries.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { keepOpenNames, openNames } from './kept.ts'

/** Which commands are open, and which of them is shown: the address says so, else the last one that was open. */
export const useOpenCommands = (botid: string, commands: readonly BotCommand[] | undefined) => {
  const { search, change } = useBotsAddress()
  const [open, setOpen] = useState(() => openNames(botid))
  const isThere = (name: string): boolean => commands?.some(({ command }) => command === name) === true
  const wanted =
    search.command ??
    open.at(-1) ??
    commands?.find(({ pinned, command }) => pinned || command === '/start')?.command ??
    commands?.[0]?.command
  const active = wanted !== undefined && isThere(wanted) ? wanted : undefined
  const shown = open.filter(isThere)
  const names = active === undefined || shown.includes(active) ? shown : [...shown, active]

  const keep = (next: readonly string[]): void => {
    setOpen([...next])
    keepOpenNames(botid, next)
  }
  const show = (name: string, line?: number): void => {
    keep([...new Set([...names, name])])
    change({ command: name, line })
  }
  return {
    active,
    names,
    line: search.line,
    show,
    close(name: string): void {
      const next = names.filter((each) => each !== name)
      keep(next)
      if (name === active) change({ command: next.at(-1), line: undefined })
    },
    renamed(from: string, to: string): void {
      keep(names.map((each) => (each === from ? to : each)))
      if (from === active) change({ command: to, line: undefined })
    },
  }
}
