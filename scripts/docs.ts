import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { areas, contracts, deprecatedPrefixes, dialects } from '../src/contracts.ts'
import { SETTINGS } from '../src/platform/config/index.ts'
import { openApiDocument } from '../src/platform/http/openapi.ts'
import { documentProblems } from '../src/platform/http/openapi-check.ts'
import { botLanguagePage } from './bot-language.ts'

interface Setting {
  readonly schema: z.ZodType
  readonly default: string | undefined
  readonly about: string
  readonly secret?: true
}

/** The page about the settings: one row each, in the order in which they are written. */
export const configurationPage = (settings: Readonly<Record<string, Setting>>): string => {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const fallback = setting.default === undefined || setting.default === '' ? '' : code(setting.default)
    return row([code(`LATCHKEY_${name}`), fallback, valuesOf(setting.schema), aboutOf(setting)])
  })
  return [
    INTRODUCTION,
    row(['Variable', 'Default', 'Values', 'Meaning']),
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

const INTRODUCTION = `# Configuration

<!-- Made by \`npm run docs\` from src/platform/config/settings.ts. Change it there. -->

Latchkey starts with no settings at all. Whatever is set comes from environment variables.

Each variable has a twin that ends in \`_FILE\` and names a file with the value, for secrets that are mounted as files:
\`LATCHKEY_DATABASE_URL_FILE=/run/secrets/database\`. Setting both is an error, and so is a \`LATCHKEY_…\` variable that is
not in this table: a misspelt limit would otherwise be no limit. A **secret** is never logged.
`

const aboutOf = ({ about, secret }: Setting): string => (secret ? `**Secret.** ${about}` : about)

const Values = z.object({
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})

const valuesOf = (schema: z.ZodType): string => {
  const values = Values.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
  const { minimum, maximum } = values
  if (values.enum !== undefined) return values.enum.map(code).join(', ')
  if (minimum === undefined || maximum === undefined) return ''
  return maximum === Number.MAX_SAFE_INTEGER ? `at least ${minimum}` : `${minimum} to ${maximum}`
}

const code = (text: string): string => `\`${text}\``
const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

/** @throws {Error} with everything that is wrong with the document. */
const openApiFile = (version: string): string => {
  const document = openApiDocument({
    endpoints: contracts,
    dialects,
    areas,
    deprecated: deprecatedPrefixes,
    version,
    serverUrl: '/',
  })
  const problems = documentProblems(document)
  if (problems.length > 0) throw new Error(`The OpenAPI document is not sound:\n${problems.join('\n')}`)
  return `${JSON.stringify(document, null, 1)}\n`
}

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const main = (isCheck: boolean): void => {
  const root = join(import.meta.dirname, '..')
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const pages = {
    'docs/bot-language.md': botLanguagePage(),
    'docs/configuration.md': configurationPage(SETTINGS),
    'docs/openapi.json': openApiFile(version),
  }
  const outdated = Object.entries(pages).filter(([name, page]) => readOrEmpty(join(root, name)) !== page)
  for (const [name, page] of outdated) {
    if (!isCheck) writeFileSync(join(root, name), page)
    console.log(isCheck ? `${name} is out of date: run npm run docs` : `wrote ${name}`)
  }
  if (isCheck && outdated.length > 0) process.exitCode = 1
}

if (import.meta.main) main(process.argv.includes('--check'))
