import { readFileSync } from 'node:fs'
import { DEFAULT_LIMITS } from '../../sandbox/engine.ts'
import type { Declaration } from '../declaration.ts'
import { hostDeclarations } from '../declarations.ts'
import type { Language, LanguageFunction } from './contract.ts'
import { type Described, ERRORS, GLOBALS, PYTHON_FUNCTIONS, SPECIAL_COMMANDS } from './described.ts'

const pythonFile = (name: string): string =>
  readFileSync(new URL(`../../sandbox/python/${name}.py`, import.meta.url), 'utf8')

/** The text between the triple quotes behind a piece of a file: the tables that Python reads as well. */
const tableIn = (file: string, opening: string): string => {
  const text = pythonFile(file)
  const start = text.indexOf(opening)
  if (start < 0) throw new Error(`${file}.py has no ${opening}`)
  return text.slice(start + opening.length, text.indexOf('"""', start + opening.length)).trim()
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const methods = (): Language['methods'] =>
  tableIn('methods', 'for _line in """')
    .split('\n')
    .map((line) => {
      const [name = '', ...rest] = line.split(' ')
      const [before = '', after = ''] = rest.join(' ').split('|')
      const mode = before.trim()[0]
      const chat = mode === '>' ? ('first' as const) : mode === '-' ? ('none' as const) : ('optional' as const)
      return {
        name,
        snake_case: snakeCase(name),
        chat,
        required: words(before.replace(/^[>-]/, '')),
        optional: words(after),
      }
    })

const pythonDefault = (value: unknown): string =>
  value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : JSON.stringify(value)

const fromDeclaration = (declaration: Declaration): LanguageFunction => {
  const { name, aliases = [], more, returns, about, example, notes } = declaration
  const parameters = Object.entries(declaration.parameters).map(([parameter, { kind, about, default: value }]) => ({
    name: parameter,
    kind,
    required: value === undefined,
    ...(value === undefined ? {} : { default: value }),
    about,
  }))
  const written = parameters.map(({ name, required, ...rest }) =>
    required ? name : `${name}=${pythonDefault('default' in rest ? rest.default : null)}`,
  )
  const list = [...written, ...(more === undefined ? [] : ['**more'])].join(', ')
  return {
    name,
    aliases: [...aliases],
    signature: `${name}(${list}) -> ${returns}`,
    parameters,
    more: more ?? null,
    returns,
    about,
    example,
    notes: notes ?? null,
  }
}

const fromDescribed = ({ name, parameters, returns, about, example }: Described): LanguageFunction => ({
  name,
  aliases: [],
  signature: `${name}(${parameters}) -> ${returns}`,
  parameters: parameters
    .split(', ')
    .filter((each) => each !== '' && !each.startsWith('**'))
    .map((each) => {
      const [parameter = '', value] = each.split('=')
      return { name: parameter, kind: 'json', required: value === undefined, about: '' }
    }),
  more: parameters.includes('**') ? 'As in the requests library.' : null,
  returns,
  about,
  example,
  notes: null,
})

const seconds = (ms: number): string => `${ms / 1000} s`
const megabytes = (bytes: number): string => `${bytes / 1024 / 1024} MB`

const limits = (): Language['limits'] => [
  { name: 'python', value: seconds(DEFAULT_LIMITS.pythonMs), about: 'Python time of a run; waiting does not count.' },
  { name: 'wall', value: seconds(DEFAULT_LIMITS.wallMs), about: 'A run in all, waiting included.' },
  { name: 'sleep', value: '10 s', about: 'One time.sleep; longer waits are for runCommandAfter.' },
  { name: 'memory', value: megabytes(DEFAULT_LIMITS.heapBytes), about: 'Of the interpreter.' },
  { name: 'calls', value: `${DEFAULT_LIMITS.hostCalls}`, about: 'Calls to Telegram and to the server in a run.' },
  { name: 'prints', value: `${DEFAULT_LIMITS.printBytes / 1024} KB`, about: 'Printed text that is kept of a run.' },
  { name: 'value', value: '2 MB', about: 'One kept value; 10 MB with Account.saveData.' },
  { name: 'http', value: '50 MB, 120 s', about: 'One answer of another server; 60 s unless told.' },
]

/** All that the code of a command can use, from the same data that Python is made from. */
export const botLanguage = (): Language => {
  const declared = hostDeclarations.filter(({ facade }) => facade !== 'internal').map(fromDeclaration)
  const functions = [...declared, ...PYTHON_FUNCTIONS.map(fromDescribed)]
  functions.sort((one, other) => (one.name < other.name ? -1 : 1))
  return {
    python: '3.14',
    globals: [...GLOBALS],
    functions,
    methods: methods(),
    types: typeNames(),
    modules: words(tableIn('prepare', 'ALLOWED = frozenset("""')).sort(),
    errors: [...ERRORS],
    special_commands: [...SPECIAL_COMMANDS],
    limits: limits(),
  }
}

const typeNames = (): string[] => {
  const file = pythonFile('keyboards')
  const classes = [...file.matchAll(/^class ([A-Z]\w+)\(/gm)].map(([, name = '']) => name)
  const table = file.slice(file.indexOf('_PLAIN = {'), file.indexOf('\n}', file.indexOf('_PLAIN = {')))
  return [...classes, ...[...table.matchAll(/^ {4}"(\w+)":/gm)].map(([, name = '']) => name)].sort()
}
