import { mkdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { loadSecret } from './secrets.ts'
import { SETTINGS, type Settings } from './settings.ts'

export { SETTINGS, type SettingName, type Settings } from './settings.ts'

/** A setting that cannot be used. The message names the variable and what it should be, never the value of a secret. */
export class ConfigError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>

/** What a process runs with: the settings, and the secrets that the data folder keeps. */
export interface Config extends Omit<Settings, 'PUBLIC_URL' | 'SESSION_SECRET' | 'KEY_PEPPER' | 'ENCRYPTION_KEY'> {
  /** Undefined until the port is known, when it was not set. */
  readonly PUBLIC_URL: string | undefined
  /** Folders where programs are looked for, as the environment names them. */
  readonly PATH: string
  readonly SESSION_SECRET: string
  readonly KEY_PEPPER: string
  readonly ENCRYPTION_KEY: string
}

/**
 * Reads every setting, makes the data folder, and makes the secrets that are not set.
 *
 * @throws {ConfigError} with all problems, one a line; also for a `LATCHKEY_…` variable that does not exist, because
 * a misspelt limit would otherwise be no limit.
 */
export const loadConfig = (env: Environment, flags: Environment = {}): Config => {
  const settings = readSettings(env, flags)
  const dataDir = resolve(settings.DATA_DIR)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return {
    ...settings,
    PATH: env.PATH ?? '',
    DATA_DIR: dataDir,
    SESSION_SECRET: settings.SESSION_SECRET ?? loadSecret(dataDir, 'session-secret'),
    KEY_PEPPER: settings.KEY_PEPPER ?? loadSecret(dataDir, 'key-pepper'),
    ENCRYPTION_KEY: settings.ENCRYPTION_KEY ?? loadSecret(dataDir, 'encryption-key'),
  }
}

/** @throws {ConfigError} */
export const readSettings = (env: Environment, flags: Environment = {}): Settings => {
  const problems: string[] = unknownVariables(env)
  const values: Record<string, unknown> = {}
  for (const [name, { schema, default: fallback }] of Object.entries(SETTINGS)) {
    try {
      const text = flags[name] ?? readVariable(env, name) ?? fallback
      values[name] = text === undefined ? parseAbsent(schema) : schema.parse(text)
    } catch (error) {
      problems.push(`LATCHKEY_${name} ${reasonOf(error)}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return values as unknown as Settings
}

const parseAbsent = (schema: z.ZodType): unknown =>
  schema.safeParse(undefined).success ? schema.parse(undefined) : undefined

const readVariable = (env: Environment, name: string): string | undefined => {
  const value = env[`LATCHKEY_${name}`]
  const file = env[`LATCHKEY_${name}_FILE`]
  if (value !== undefined && file !== undefined)
    throw new ConfigError(`is set twice: by itself and by LATCHKEY_${name}_FILE`)
  if (file === undefined) return value
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new ConfigError(`names a file that cannot be read: ${file}`, { cause })
  }
}

const unknownVariables = (env: Environment): string[] => {
  const known = new Set(Object.keys(SETTINGS).flatMap((name) => [`LATCHKEY_${name}`, `LATCHKEY_${name}_FILE`]))
  return Object.keys(env)
    .filter((name) => name.startsWith('LATCHKEY_') && !known.has(name))
    .map((name) => `${name} is not a setting; see docs/configuration.md for those that are`)
}

const reasonOf = (error: unknown): string => {
  if (error instanceof z.ZodError)
    return error.issues[0]?.message.replace(/^Invalid (input|option)/, 'has a wrong value') ?? 'has a wrong value'
  return error instanceof Error ? error.message : 'has a wrong value'
}
