import type { BotCommand } from '../queries.ts'

export interface CommandGroup {
  readonly kind: 'pinned' | 'loose' | 'folder'
  readonly name: string
  readonly commands: readonly BotCommand[]
}

const byName = (a: BotCommand, b: BotCommand): number => a.command.localeCompare(b.command)

/** The pinned ones first, then those in no folder, then folder by folder; each once. */
export const groupsOf = (commands: readonly BotCommand[]): CommandGroup[] => {
  const sorted = [...commands].sort(byName)
  const pinned = sorted.filter((each) => each.pinned)
  const folders = Map.groupBy(
    sorted.filter((each) => !each.pinned),
    ({ folder }) => folder ?? '',
  )
  const names = [...folders.keys()].filter((name) => name !== '').sort((a, b) => a.localeCompare(b))
  const groups: CommandGroup[] = [
    { kind: 'pinned', name: '', commands: pinned },
    { kind: 'loose', name: '', commands: folders.get('') ?? [] },
    ...names.map((name) => ({ kind: 'folder' as const, name, commands: folders.get(name) ?? [] })),
  ]
  return groups.filter((group) => group.commands.length > 0)
}

/** Those that have what is looked for in their name, another name, or their code. */
export const commandsWith = (commands: readonly BotCommand[], q: string): BotCommand[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return commands.filter(({ command, aliases, code }) => {
    const text = [command, ...aliases, code].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
