import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { EmailAddress, NewPassword } from '../accounts/index.ts'
import { createCore } from '../app.ts'
import { systemClock } from '../platform/clock.ts'
import { loadConfig } from '../platform/config/index.ts'
import { createLog } from '../platform/log/index.ts'
import type { Command } from './command.ts'

const withCore = async <T>(work: (core: Awaited<ReturnType<typeof createCore>>) => Promise<T>): Promise<T> => {
  const config = loadConfig(process.env)
  const core = await createCore({ config, clock: systemClock, log: createLog('error'), own: false })
  try {
    return await work(core)
  } finally {
    await core.close()
  }
}

export const setup: Command = {
  name: 'setup',
  summary: 'create the first account from a script',
  help: `Usage: latchkey setup --email ADDRESS [--password-stdin] [--print-key]

Creates the first account, whether the server is running or not. A server that has an owner refuses.

  --email           the address to sign in with
  --password-stdin  read the password from standard input; otherwise one is made and shown on standard error
  --print-key       make an API key with every scope and print it, and nothing else, on standard output`,
  options: { email: { type: 'string' }, 'password-stdin': { type: 'boolean' }, 'print-key': { type: 'boolean' } },
  async run(values) {
    const email = EmailAddress.safeParse(values.email)
    if (!email.success) throw new Error('--email needs an e-mail address.')
    const given = values['password-stdin'] === true ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined
    const password = NewPassword.safeParse(given ?? randomBytes(18).toString('base64url'))
    if (!password.success) throw new Error(password.error.issues[0]?.message ?? 'The password cannot be used.')
    return withCore(async ({ accounts }) => {
      const owner = await accounts.users.createOwner(email.data, password.data, undefined)
      if (given === undefined) process.stderr.write(`The password of ${email.data} is: ${password.data}\n`)
      if (values['print-key'] === true) {
        const { key } = await accounts.keys.create(owner.id, 'setup', { kind: 'files', name: 'First key' })
        process.stdout.write(`${key}\n`)
      }
      return 0
    })
  },
}

export const setupLink: Command = {
  name: 'setup-link',
  summary: 'print a new link that creates the first account',
  help: `Usage: latchkey setup-link

Prints a one-time link for creating the first account. It lives for 30 minutes; the first link used ends all others.`,
  options: {},
  run: () =>
    withCore(async ({ accounts, publicUrl }) => {
      const token = await accounts.users.newSetupToken()
      if (token === undefined)
        throw new Error('This server has an owner already. Sign in, or ask the owner for an invite.')
      process.stdout.write(`${publicUrl()}/setup#t=${token}\n`)
      return 0
    }),
}
