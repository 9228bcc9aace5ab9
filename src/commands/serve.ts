import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type App, createApp, ROLES, type Role } from '../app.ts'
import { systemClock } from '../platform/clock.ts'
import { type Config, ConfigError, loadConfig } from '../platform/config/index.ts'
import { createLog, type Log } from '../platform/log/index.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'

const STOP_WITHIN_MS = 20_000
const SETTLED_AFTER_MS = 2_000

export const serve: Command = {
  name: 'serve',
  summary: 'start the server',
  help: `Usage: latchkey serve [--roles=http,worker,bots] [--open-signup]

Starts the server. Without any setting it keeps everything in ./data and listens on http://127.0.0.1:5282.
The first start prints a link that creates the first account.

  --roles        what this process does; all of it unless told. Several processes need PostgreSQL and Redis.
  --open-signup  anybody may create an account; otherwise people need an invite`,
  options: { roles: { type: 'string' }, 'open-signup': { type: 'boolean' } },
  async run(values) {
    const roles = parseRoles(values.roles)
    const config = loadConfig(process.env, values['open-signup'] === true ? { OPEN_SIGNUP: 'true' } : {})
    const log = createLog(config.LOG_LEVEL)
    const fresh = config.DATABASE_URL === undefined && !existsSync(join(config.DATA_DIR, 'latchkey.db'))
    const app = await createApp({ config, clock: systemClock, log, roles })
    const stopped = stopOnSignal(app, log)
    const address = await app.start().catch((error: unknown) => failToStart(app, log, config, error))
    process.stdout.write(
      `latchkey ${VERSION}  data ${config.DATA_DIR}${fresh ? ' (new)' : ''}  database ${app.core.database.dialect}\n`,
    )
    const token = roles.has('http') ? await app.core.accounts.users.newSetupToken() : undefined
    if (token !== undefined)
      process.stdout.write(
        `Create your account: ${app.core.publicUrl()}/setup#t=${token}  (30 minutes; a new one: latchkey setup-link)\n`,
      )
    process.stdout.write(`listening on ${address}\n`)
    setTimeout(freeStartMemory, SETTLED_AFTER_MS).unref()
    return stopped
  },
}

/** What only the start needed is a tenth of the memory, and would stay until a busy hour. The launcher exposes `gc`. */
const freeStartMemory = (): void => {
  void globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' })
}

const parseRoles = (text: unknown): ReadonlySet<Role> => {
  if (typeof text !== 'string') return new Set(ROLES)
  const names = text.split(',').map((name) => name.trim())
  const known = names.filter((name): name is Role => ROLES.some((role) => role === name))
  if (known.length !== names.length || known.length === 0)
    throw new ConfigError(`--roles takes a list of: ${ROLES.join(', ')}`)
  return new Set(known)
}

/** Puts away what was opened: it would keep the process alive, and the data folder from whoever is started next. */
const failToStart = async (app: App, log: Log, { HOST, PORT }: Config, error: unknown): Promise<never> => {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
  await app.stop().catch((cause) => log.error({ err: cause }, 'the server could not stop cleanly'))
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const advice = `Set LATCHKEY_PORT to another port, or LATCHKEY_HOST to another address.`
  if (code === 'EADDRINUSE')
    throw new Error(`Something else is listening on ${HOST}:${PORT} already. ${advice}`, { cause: error })
  if (code === 'EACCES') throw new Error(`This user may not listen on ${HOST}:${PORT}. ${advice}`, { cause: error })
  throw error
}

/** @returns The exit code, once a signal has come and everything has been put away. */
const stopOnSignal = (app: App, log: Log): Promise<number> =>
  new Promise((resolve) => {
    let stopping = false
    const stop = (signal: NodeJS.Signals): void => {
      // The second signal means: now.
      if (stopping) process.exit(1)
      stopping = true
      log.info({ signal }, 'stopping')
      setTimeout(() => {
        log.error({}, 'the server did not stop in time')
        process.exit(1)
      }, STOP_WITHIN_MS).unref()
      app.stop().then(
        () => resolve(0),
        (error) => {
          log.error({ err: error }, 'the server could not stop cleanly')
          resolve(1)
        },
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
