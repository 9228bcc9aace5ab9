import { canary, newPassword } from '../canary.ts'
import type { LatchkeyProcess } from './process.ts'

/** The first account of a server that runs as a process of its own. */
export interface Owner {
  readonly email: string
  readonly password: string
  /** For the header `Cookie`. */
  readonly cookie: string
}

const SETUP_TOKEN = /\/setup#t=(\S+)/

/** Creates the first account with the link that the server has printed. */
export const createOwner = async (server: LatchkeyProcess): Promise<Owner> => {
  const token = SETUP_TOKEN.exec(server.stdout())?.[1]
  if (token === undefined) throw new Error(`No setup link was printed:\n${server.stdout()}`)
  const owner = { email: `owner.${server.pid}@example.org`, password: newPassword() }
  const response = await postJson(server.url, '/api/auth/setup', { token, ...owner })
  return { ...owner, cookie: cookieOf(response) }
}

/** Signs in. @returns The value for the header `Cookie`. */
export const signIn = async (url: string, { email, password }: Pick<Owner, 'email' | 'password'>): Promise<string> =>
  cookieOf(await postJson(url, '/api/auth/sign-in', { email, password }))

/** @throws {Error} When the answer is no success. */
export const postJson = async (url: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

export const cookieOf = (response: Response): string => canary(response.headers.getSetCookie()[0]?.split(';')[0] ?? '')

export interface NewKey {
  readonly id: string
  readonly key: string
}

export const createKey = async (
  url: string,
  { cookie }: Pick<Owner, 'cookie'>,
  wish: Readonly<Record<string, unknown>> = { kind: 'files' },
): Promise<NewKey> => {
  const answer: unknown = await (await postJson(url, '/api/keys', wish, { cookie })).json()
  if (typeof answer !== 'object' || answer === null || !('id' in answer) || !('key' in answer))
    throw new Error('No key came.')
  return { id: String(answer.id), key: canary(String(answer.key)) }
}
