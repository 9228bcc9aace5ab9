import { reply } from '../../platform/http/index.ts'
import { frame, PAGE_HEADERS, pagePolicy, shown } from '../../platform/pages/frame.ts'
import { type Html, html } from '../../platform/pages/html.ts'
import { PATHS } from './contract.ts'
import { redirectHost, redirectSource } from './redirects.ts'
import type { Asker, Wish } from './request.ts'
import type { OAuthScope } from './scopes.ts'

export type PageAnswer = ReturnType<typeof reply<string | null>>

/** @param leadsTo Where the forms of the page may lead in the end, besides here: browsers stop them anywhere else. */
const page = (status: number, text: string, leadsTo: readonly string[] = [], headers = {}): PageAnswer =>
  reply(status, text, {
    ...PAGE_HEADERS,
    'content-security-policy': pagePolicy(leadsTo),
    // Browsers that hide the address from us hide also that a form was sent from here.
    'referrer-policy': 'same-origin',
    ...headers,
  })

/** Sends the browser on, and nothing along. */
export const goTo = (location: string, cookies: readonly string[] = []): PageAnswer =>
  reply(303, null, {
    location,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
  })

/** Instead of anything else. */
export const problemPage = (status: number, text: string): PageAnswer =>
  page(
    status,
    frame(
      'That did not work',
      html`<h1>That did not work</h1>
<p class="facts">${text}</p>`,
    ),
  )

export interface SignInView {
  readonly asker: Asker
  /** The request, to go on with. */
  readonly request: string
  readonly email?: string
  readonly problem?: { readonly status: number; readonly text: string; readonly retryAfterSeconds?: number | undefined }
}

export const signInPage = ({ asker, request, email = '', problem }: SignInView): PageAnswer =>
  page(
    problem?.status ?? 200,
    frame(
      'Sign in',
      html`<h1>Sign in to Latchkey</h1>
<p class="facts"><bdi>${shown(asker.client.name)}</bdi> wants to be connected to your account.</p>
<form method="post" action="${PATHS.signIn}">
<input type="hidden" name="request" value="${request}">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" maxlength="320" value="${email}" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required>
${problem === undefined ? undefined : html`<p class="problem" role="alert">${problem.text}</p>`}
<button class="button" type="submit">Sign in</button>
</form>`,
    ),
    [redirectSource(asker.redirectUri)],
    problem?.retryAfterSeconds === undefined ? {} : { 'retry-after': String(problem.retryAfterSeconds) },
  )

const MEANINGS: Readonly<Record<OAuthScope, string>> = {
  'cards:read': 'See your cards, tags and searches, and find things in them',
  'cards:write': 'Save, change and delete cards',
  profile: 'Know which account it is connected to',
  email: 'See your e-mail address',
  offline_access: 'Stay connected when you are not there',
}

export interface ConsentView {
  readonly asker: Asker
  readonly wish: Wish
  readonly email: string
  readonly request: string
  /** That the form was made for this session and this request. */
  readonly proof: string
}

export const consentPage = ({ asker, wish, email, request, proof }: ConsentView): PageAnswer => {
  const { client, redirectUri } = asker
  const name = html`<bdi>${shown(client.name)}</bdi>`
  return page(
    200,
    frame(
      'Connect a program',
      html`<h1>Connect ${name}?</h1>
<p class="facts">You are signed in as <bdi>${shown(email)}</bdi>. <a class="more" href="${otherAccount(request)}">Use another account</a></p>
<p>It will be able to:</p>
<ul>
${wish.scopes.map((scope) => html`<li>${MEANINGS[scope]}</li>`)}
</ul>
<p>You go back to <strong><bdi>${redirectHost(redirectUri)}</bdi></strong>. ${caution(asker)}</p>
<form method="post" action="${PATHS.consent}">
<input type="hidden" name="request" value="${request}">
<input type="hidden" name="proof" value="${proof}">
<button class="button" type="submit" name="decision" value="allow">Connect</button>
<button class="button" type="submit" name="decision" value="deny">Cancel</button>
</form>
<p class="note">${client.canRefresh ? 'It stays connected for 30 days' : 'It stays connected for an hour'}, or until you disconnect it.</p>`,
    ),
    [redirectSource(redirectUri)],
  )
}

const caution = ({ client }: Asker): Html | undefined =>
  client.isFirstParty
    ? undefined
    : html`The program has chosen its name itself. Go on only if you have just started this there.`

const otherAccount = (request: string): string => {
  const query = new URLSearchParams(request)
  query.set('prompt', 'login')
  return `${PATHS.authorize}?${query}`
}
