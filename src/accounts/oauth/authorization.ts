import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import type { Caller, Gate, RequestInfo } from '../../platform/http/index.ts'
import { parseInput } from '../../platform/http/parse.ts'
import { wantsPage } from '../../platform/pages/frame.ts'
import { type Pepper, sameDigest } from '../api-keys/pepper.ts'
import { assertSameSite } from '../gate/same-site.ts'
import { cookieHeaders, visitorOf } from '../sessions/routes.ts'
import type { SessionService } from '../sessions/service.ts'
import type { UserService } from '../users/service.ts'
import type { ClientService } from './clients.ts'
import { AuthorizeQuery, authorize as authorizeEndpoint, PATHS } from './contract.ts'
import { oauthCode, oauthDialect } from './dialect.ts'
import { OAuthErrors } from './errors.ts'
import { consentPage, goTo, type PageAnswer, problemPage, signInPage } from './pages.ts'
import type { OAuthRepo } from './repo.ts'
import { type Asker, answerUrl, once, parseAsker, parseWish, toQueryText, type Wish } from './request.ts'
import { scopeText } from './scopes.ts'
import { codeHash, newSecret } from './tokens.ts'

export interface AuthorizationOptions {
  readonly repo: OAuthRepo
  readonly clock: Clock
  readonly pepper: Pepper
  readonly gate: Gate
  readonly clients: ClientService
  readonly users: UserService
  readonly sessions: SessionService
  readonly publicUrl: () => string
}

export type Authorization = ReturnType<typeof authorizationService>

const CODE_MS = 10 * 60_000
const SESSION_ENDPOINT = { ...authorizeEndpoint, scope: 'any', by: ['session'] } as const
const SESSION_DIALECT = { ...oauthDialect, carriers: ['cookie'] } as const

/** The way of a browser from a program to its code: sign in, agree, go back. */
export const authorizationService = (options: AuthorizationOptions) => {
  const { repo, clock, pepper, gate, clients, users, sessions, publicUrl: issuer } = options
  const secure = (): boolean => issuer().startsWith('https:')

  /** @returns undefined for who is not signed in. @throws {AppError} CROSS_SITE for a form that another site has sent */
  const sessionOf = async ({ id, ip, raw }: RequestInfo): Promise<Caller | undefined> => {
    const context = { id, ip, raw, endpoint: SESSION_ENDPOINT, dialect: SESSION_DIALECT, headers: [], body: undefined }
    const entering: { caller: Caller | null } & typeof context = { ...context, caller: null }
    try {
      await gate.admit(entering)
    } catch (error) {
      if (error instanceof AppError && error.status === 401) return undefined
      throw error
    }
    return entering.caller ?? undefined
  }

  // Whoever has the form has seen the page: it was made for this session, and for this request.
  const proofOf = ({ credentialId }: Caller, request: string): Buffer =>
    pepper.hash(`oauth-consent:${credentialId}\n${request}`)

  const tell = (asker: Asker, error: AppError): PageAnswer =>
    goTo(answerUrl(asker, issuer(), { error: oauthCode(error.code), error_description: error.message }))

  const grantCode = async (asker: Asker, wish: Wish, caller: Caller): Promise<PageAnswer> => {
    const code = newSecret()
    await repo.insertCode({
      hash: codeHash(pepper, code),
      account_id: caller.accountId,
      session_id: caller.credentialId,
      client_id: asker.client.id,
      client_name: asker.client.name,
      can_refresh: asker.client.canRefresh ? 1 : 0,
      redirect_uri: asker.redirectUri,
      scopes: scopeText(wish.scopes),
      resource: wish.resource,
      challenge: wish.challenge,
      expires_at: clock.now().getTime() + CODE_MS,
    })
    return goTo(answerUrl(asker, issuer(), { code }))
  }

  const askFor = async (query: AuthorizeQuery, asker: Asker, wish: Wish, caller: Caller): Promise<PageAnswer> => {
    const request = toQueryText(query)
    const { email } = await users.get(caller.accountId)
    return consentPage({ asker, wish, email, request, proof: proofOf(caller, request).toString('base64url') })
  }

  /** With who is signed in, and a client that is known. */
  const proceed = async (query: AuthorizeQuery, asker: Asker, caller: Caller | undefined): Promise<PageAnswer> => {
    const prompts = (once(query, 'prompt') ?? '').split(' ')
    const silent = prompts.includes('none')
    // First of all, also for a request that is wrong: an address that anybody can register must not be a way to send
    // people anywhere from here.
    if (caller === undefined && silent) throw new AppError(OAuthErrors.LOGIN_REQUIRED)
    if (caller === undefined || prompts.includes('login') || prompts.includes('select_account'))
      return signInPage({ asker, request: toQueryText(query) })
    const wish = parseWish(query, issuer())
    if (asker.client.isFirstParty && !prompts.includes('consent')) return grantCode(asker, wish, caller)
    if (silent) throw new AppError(OAuthErrors.CONSENT_REQUIRED)
    return askFor(query, asker, wish, caller)
  }

  /** Says what is wrong to whom it may be said: to the client once it is known, and else to the person. */
  const answered = async (
    request: RequestInfo,
    query: AuthorizeQuery,
    work: (asker: Asker) => Promise<PageAnswer>,
  ): Promise<PageAnswer> => {
    let asker: Asker | undefined
    try {
      asker = await parseAsker(query, (id) => clients.find(id))
      return await work(asker)
    } catch (error) {
      if (!(error instanceof AppError) || !Object.hasOwn(OAuthErrors, error.code)) throw error
      if (asker !== undefined) return tell(asker, error)
      if (!wantsPage(request)) throw error
      return problemPage(400, error.message)
    }
  }

  return {
    authorize: (query: AuthorizeQuery, request: RequestInfo): Promise<PageAnswer> =>
      answered(request, query, async (asker) => proceed(query, asker, await sessionOf(request))),

    /** Goes on with the request after signing in. @throws {AppError} CROSS_SITE */
    async signIn(form: SignInForm, request: RequestInfo): Promise<PageAnswer> {
      // Nobody is signed in to the account of somebody else by a form on another page.
      assertSameSite(request, issuer())
      const query = parseRequest(form.request)
      return answered(request, query, async (asker) => {
        try {
          const started = await sessions.signIn(form.email, form.password, false, visitorOf(request))
          const cookies = cookieHeaders(started, secure())['set-cookie']
          return goTo(`${PATHS.authorize}?${toQueryText(withoutLogin(query))}`, cookies)
        } catch (error) {
          if (!(error instanceof AppError) || error.status >= 500 || !wantsPage(request)) throw error
          const { status, message: text, retryAfterSeconds } = error
          const view = { asker, request: form.request, email: form.email }
          return signInPage({ ...view, problem: { status, text, retryAfterSeconds } })
        }
      })
    },

    /** @throws {AppError} CROSS_SITE */
    async consent(form: ConsentForm, request: RequestInfo): Promise<PageAnswer> {
      const query = parseRequest(form.request)
      return answered(request, query, async (asker) => {
        const caller = await sessionOf(request)
        if (caller === undefined) return signInPage({ asker, request: form.request })
        const wish = parseWish(query, issuer())
        // Made for another session: whoever is signed in now is asked.
        if (!sameDigest(Buffer.from(form.proof, 'base64url'), proofOf(caller, form.request)))
          return askFor(query, asker, wish, caller)
        if (form.decision === 'deny') throw new AppError(OAuthErrors.ACCESS_DENIED)
        return grantCode(asker, wish, caller)
      })
    },
  }
}

export interface SignInForm {
  readonly email: string
  readonly password: string
  readonly request: string
}

export interface ConsentForm {
  readonly request: string
  readonly proof: string
  readonly decision: 'allow' | 'deny'
}

const parseRequest = (text: string): AuthorizeQuery => {
  const query = new URLSearchParams(text)
  const names = Object.keys(AuthorizeQuery.shape).filter((name) => query.has(name))
  const values = names.map((name): [string, unknown] => {
    const all = query.getAll(name)
    return [name, all.length === 1 ? all[0] : all]
  })
  return AuthorizeQuery.parse(parseInput(AuthorizeQuery, Object.fromEntries(values), 'request'))
}

const withoutLogin = (query: AuthorizeQuery): AuthorizeQuery => {
  const kept = (once(query, 'prompt') ?? '').split(' ').filter((word) => word === 'consent')
  const { prompt: _prompt, ...rest } = query
  return kept.length === 0 ? rest : { ...rest, prompt: 'consent' }
}
