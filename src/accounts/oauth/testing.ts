import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { TestAccount, TestApp } from '../../../test/app.ts'
import { canary } from '../../../test/canary.ts'
import type { Clock } from '../../platform/clock.ts'
import { PATHS } from './contract.ts'

export const REDIRECT = 'http://127.0.0.1:3118/callback'
const VERIFIER_BYTES = 32

const Registered = z.looseObject({ client_id: z.string() })
const Answer = z.looseObject({
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  expires_in: z.number().optional(),
  error: z.string().optional(),
})

/** What came of a visit: the page, or where the browser was sent. */
export interface Visit {
  readonly status: number
  readonly headers: Headers
  readonly page: string
  readonly location: URL | undefined
}

/** A browser without scripts: it keeps cookies, follows nothing by itself, and sends the forms of pages. */
export const browser = (app: TestApp, cookie = '') => {
  const cookies = new Map<string, string>()
  const keep = (pair: string): void => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(pair) ?? []
    if (name !== '') cookies.set(name, value)
  }
  keep(cookie)
  const send = async (path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Visit> => {
    const sent = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', cookie: sent, ...init.headers }
    const answer = await fetch(new URL(path, app.url), { redirect: 'manual', ...init, headers })
    for (const one of answer.headers.getSetCookie()) keep(one)
    const to = answer.headers.get('location')
    const location = to === null ? undefined : new URL(to, app.url)
    return { status: answer.status, headers: answer.headers, page: await answer.text(), location }
  }
  return {
    cookies,
    open: (path: string) => send(path),
    /** Sends the only form of a page as a browser does. @param fields What people type and which button they press. */
    submit({ page }: Pick<Visit, 'page'>, fields: Record<string, string>, headers: Record<string, string> = {}) {
      const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1]
      if (action === undefined) throw new Error(`This page has no form: ${page}`)
      const hidden = [...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
      const all = { ...Object.fromEntries(hidden.map(([, name, value]) => [name, unescaped(value ?? '')])), ...fields }
      return send(action, {
        method: 'POST',
        body: new URLSearchParams(all),
        headers: { origin: app.url, 'sec-fetch-site': 'same-origin', ...headers },
      })
    },
  }
}

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&') // biome-ignore format: one line

/** The clock of everybody, which can be sent ahead. */
export const skippingClock = (): Clock & { skip(ms: number): void } => {
  let skippedMs = 0
  return {
    now: () => new Date(Date.now() + skippedMs),
    monotonicMs: () => performance.now() + skippedMs,
    skip: (ms) => {
      skippedMs += ms
    },
  }
}

/** @returns The id of a new client. */
export const newClient = async (app: TestApp, wish: object = {}): Promise<string> => {
  const answer = await app.fetch(PATHS.register, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [REDIRECT], client_name: 'Test client', ...wish }),
  })
  return Registered.parse(await answer.json()).client_id
}

export const newVerifier = (): { verifier: string; challenge: string } => {
  const verifier = canary(randomBytes(VERIFIER_BYTES).toString('base64url'))
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The address that a client opens. @param change A parameter as undefined is left out. */
export const authorizePath = (
  clientId: string,
  challenge: string,
  change: Record<string, string | undefined> = {},
): string => {
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'as it was',
    ...change,
  }
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `${PATHS.authorize}?${new URLSearchParams(pairs)}`
}

/** Signs in and agrees. @returns What the client is told, and what it needs to go on. */
export const agree = async (
  app: TestApp,
  ada: TestAccount,
  clientId: string,
  change: Record<string, string | undefined> = {},
) => {
  const { verifier, challenge } = newVerifier()
  const visitor = browser(app, await ada.signIn())
  const page = await visitor.open(authorizePath(clientId, challenge, change))
  const back = page.location ?? (await visitor.submit(page, { decision: 'allow' })).location
  const told = back?.searchParams ?? new URLSearchParams()
  return { verifier, code: canary(told.get('code') ?? ''), told, visitor }
}

/** A request to the token endpoint. */
export const askTokens = async (
  app: TestApp,
  form: Record<string, string> | [string, string][],
  path: string = PATHS.token,
) => {
  const answer = await app.fetch(path, { method: 'POST', body: new URLSearchParams(form) })
  const text = await answer.text()
  const body = Answer.parse(text === '' ? {} : JSON.parse(text))
  for (const secret of [body.access_token, body.refresh_token]) if (secret !== undefined) canary(secret)
  return { status: answer.status, headers: answer.headers, body }
}

/** The form by which a code is exchanged. */
export const codeForm = (clientId: string, { code, verifier }: { code: string; verifier: string }) => ({
  grant_type: 'authorization_code',
  client_id: clientId,
  code,
  code_verifier: verifier,
  redirect_uri: REDIRECT,
})

export const refreshForm = (clientId: string, refreshToken: string) => ({
  grant_type: 'refresh_token',
  client_id: clientId,
  refresh_token: refreshToken,
})

/** A client that was let in. @returns Its id and first tokens. */
export const connect = async (app: TestApp, ada: TestAccount, change: Record<string, string | undefined> = {}) => {
  const clientId = await newClient(app)
  const { body } = await askTokens(app, codeForm(clientId, await agree(app, ada, clientId, change)))
  return { clientId, access: body.access_token ?? '', refresh: body.refresh_token ?? '', scope: body.scope ?? '' }
}
