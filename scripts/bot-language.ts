import { botLanguage } from '../src/bots/host/language/language.ts'

type Language = ReturnType<typeof botLanguage>
type Member = Language['functions'][number]

const INTRODUCTION = `# The language of commands

<!-- Made by \`npm run docs\` from src/bots/host. Change it there. -->

A command is a Python script. It runs from its first line to its last each time it is called; \`raise ReturnCommand\` ends
it early. What it finds ready is on this page, and \`GET /v2/language\` gives the same to programs.`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

const section = (title: string, text: string): string => `## ${title}\n\n${text}`

const entry = (member: Member): string => {
  const parameters = member.parameters
    .filter(({ about }) => about !== '')
    .map(({ name, kind, about }) => `- ${code(name)} (${kind}): ${cell(about)}`)
  return [
    `### ${member.name}\n`,
    `\`\`\`python\n${member.signature}\n\`\`\`\n`,
    member.about,
    ...(parameters.length > 0 ? [`\n${parameters.join('\n')}`] : []),
    ...(member.more === null ? [] : [`\nFurther keyword arguments: ${cell(member.more)}`]),
    ...(member.notes === null ? [] : [`\n${member.notes}`]),
    ...(member.aliases.length === 0 ? [] : [`\nAlso: ${member.aliases.map(code).join(', ')}`]),
    `\n\`\`\`python\n${member.example}\n\`\`\``,
  ].join('\n')
}

const groupOf = ({ name }: Member): string => name.split('.').slice(0, -1).join('.') || 'Functions'

const functions = (members: readonly Member[]): string =>
  [...Map.groupBy(members, groupOf)].map(([group, of]) => section(group, of.map(entry).join('\n\n'))).join('\n\n')

const methods = ({ methods }: Language): string => {
  const rows = methods.map(({ name, chat, required, optional }) => [
    code(name),
    chat === 'first' ? 'first' : chat === 'none' ? '' : 'may be left out',
    required.map(code).join(', '),
    optional.map(code).join(', '),
  ])
  return `Every method of the Bot API is there, as \`bot.sendMessage\` and as \`bot.send_message\`. Arguments go by name;
those in this table also by position. Where the chat may be left out, it is the current one.

${table(['Method', 'Chat', 'Needs', 'Then'], rows)}`
}

/** The page about what commands can use. */
export const botLanguagePage = (language: Language = botLanguage()): string =>
  `${[
    INTRODUCTION,
    section(
      'Names',
      table(
        ['Name', 'Type', 'Is'],
        language.globals.map(({ name, type, about }) => [code(name), code(type), cell(about)]),
      ),
    ),
    section(
      'Special commands',
      table(
        ['Name', 'Is'],
        language.special_commands.map(({ name, about }) => [code(name), cell(about)]),
      ),
    ),
    section('Methods of Telegram', methods(language)),
    functions(language.functions),
    section('Types', language.types.map(code).join(', ')),
    section(
      'Errors',
      table(
        ['Name', 'Is'],
        language.errors.map(({ name, about }) => [code(name), cell(about)]),
      ),
    ),
    section('Modules', `Can be imported: ${language.modules.map(code).join(', ')}.`),
    section(
      'Limits',
      table(
        ['Of', 'At most', 'Is'],
        language.limits.map(({ name, value, about }) => [name, value, cell(about)]),
      ),
    ),
  ].join('\n\n')}\n`
