import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestApp, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { PATHS } from './contract.ts'
import {
  agree,
  askTokens,
  authorizePath,
  browser,
  codeForm,
  newClient,
  newVerifier,
  REDIRECT,
  type Visit,
} from './testing.ts'

const { challenge } = newVerifier()
const CLI = 'http://127.0.0.1:14210/oauth/callback'

const toldOf = ({ location }: Visit) => Object.fromEntries(location?.searchParams ?? [])

const signedIn = async (app: TestApp) => {
  const ada = await app.account()
  return { ada, visitor: browser(app, await ada.signIn()) }
}

for (const dialect of dialects) {
  describe(`letting programs in (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('is described where clients look for it', async () => {
      const metadata = z
        .looseObject({ issuer: z.string(), jwks_uri: z.string() })
        .parse(await (await app.fetch('/.well-known/oauth-authorization-server')).json())
      const provider = z
        .looseObject({ issuer: z.string() })
        .parse(await (await app.fetch('/.well-known/openid-configuration')).json())

      const { subject_types_supported, id_token_signing_alg_values_supported, claims_supported, ...same } = provider
      assert.deepEqual(same, metadata)
      assert.deepEqual(
        [subject_types_supported, id_token_signing_alg_values_supported, claims_supported],
        [['public'], [], ['sub', 'email']],
      )
      const { jwks_uri, ...rest } = metadata
      assert.deepEqual(rest, {
        issuer: app.url,
        authorization_endpoint: `${app.url}/api/auth/mcp/authorize`,
        token_endpoint: `${app.url}/api/auth/mcp/token`,
        registration_endpoint: `${app.url}/api/auth/mcp/register`,
        revocation_endpoint: `${app.url}/api/auth/mcp/revoke`,
        userinfo_endpoint: `${app.url}/api/auth/mcp/userinfo`,
        scopes_supported: ['cards:read', 'cards:write', 'profile', 'email', 'offline_access'],
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['none'],
        revocation_endpoint_auth_methods_supported: ['none'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        service_documentation: `${app.url}/docs`,
      })
      assert.deepEqual(await (await fetch(jwks_uri)).json(), { keys: [] })
      for (const path of ['', '/mcp'])
        assert.deepEqual(await (await app.fetch(`/.well-known/oauth-protected-resource${path}`)).json(), {
          resource: app.url + path,
          authorization_servers: [app.url],
          resource_name: 'Latchkey',
          bearer_methods_supported: ['header'],
          scopes_supported: ['cards:read', 'cards:write', 'offline_access'],
        })
    })

    it('shows who asks, for what, and where that leads, and runs nothing', async () => {
      const { ada, visitor } = await signedIn(app)
      const clientId = await newClient(app, { client_name: `<b>Evil</b> & "co" \u202egnp.exe` })

      const asked = await visitor.open(authorizePath(clientId, challenge, { scope: 'cards:read email' }))

      assert.equal(asked.status, 200)
      for (const text of [
        '&lt;b&gt;Evil&lt;/b&gt; &amp; &quot;co&quot; gnp.exe',
        ada.email,
        '127.0.0.1:3118',
        'See your cards, tags and searches',
        'See your e-mail address',
      ])
        assert.ok(asked.page.includes(text), text)
      assert.ok(!asked.page.includes('Save, change and delete cards'))
      assert.doesNotMatch(asked.page, /<script|<b>Evil| style="| on\w+=/)
      assert.match(
        asked.headers.get('content-security-policy') ?? '',
        /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self'; media-src 'self'; form-action 'self' http:\/\/127\.0\.0\.1:3118; base-uri 'none'; frame-ancestors 'none'$/,
      )
      assert.deepEqual(
        ['cache-control', 'x-content-type-options', 'referrer-policy'].map((name) => asked.headers.get(name)),
        ['no-store', 'nosniff', 'same-origin'],
      )
    })

    it('sends back a code, the state as it was, and who says so', async () => {
      const { visitor } = await signedIn(app)
      const clientId = await newClient(app)
      const asked = await visitor.open(authorizePath(clientId, challenge, { state: 'a b&c=d"ü' }))

      const back = await visitor.submit(asked, { decision: 'allow' })

      const { code, ...told } = toldOf(back)
      assert.deepEqual([back.status, `${back.location?.origin}${back.location?.pathname}`], [303, REDIRECT])
      assert.match(code ?? '', /^[0-9A-Za-z]{43}$/)
      assert.deepEqual(told, { state: 'a b&c=d"ü', iss: app.url })
      assert.deepEqual(
        ['cache-control', 'referrer-policy'].map((name) => back.headers.get(name)),
        ['no-store', 'no-referrer'],
      )
    })

    it('tells the client when somebody says no', async () => {
      const { visitor } = await signedIn(app)
      const asked = await visitor.open(authorizePath(await newClient(app), challenge))

      const back = await visitor.submit(asked, { decision: 'deny' })

      const { error, state, iss, code } = toldOf(back)
      assert.deepEqual([error, state, iss, code], ['access_denied', 'as it was', app.url, undefined])
    })

    it('keeps what the address back had, and takes a free port on the own computer', async () => {
      const { visitor } = await signedIn(app)
      const clientId = await newClient(app, { redirect_uris: ['http://127.0.0.1/cb?kept=1', 'app.test:/cb'] })

      for (const [given, start] of [
        ['http://127.0.0.1:49152/cb?kept=1', 'http://127.0.0.1:49152/cb?kept=1&code='],
        ['app.test:/cb', 'app.test:/cb?code='],
      ] as const) {
        const asked = await visitor.open(authorizePath(clientId, challenge, { redirect_uri: given }))
        const back = await visitor.submit(asked, { decision: 'allow' })
        assert.ok(back.location?.href.startsWith(start), `${back.location}`)
      }
    })

    it('sends nobody anywhere for a client or an address that it does not know', async () => {
      const { visitor } = await signedIn(app)
      const [one, two] = [
        await newClient(app),
        await newClient(app, { redirect_uris: [REDIRECT, 'https://example.org/cb'] }),
      ]
      const wrong = [
        authorizePath('client_unknown', challenge),
        authorizePath('', challenge),
        authorizePath(one, challenge, { client_id: undefined }),
        authorizePath(one, challenge, { redirect_uri: 'https://evil.test/cb' }),
        authorizePath(one, challenge, { redirect_uri: `${REDIRECT}/more` }),
        authorizePath(one, challenge, { redirect_uri: 'http://127.0.0.1:3118@evil.test/callback' }),
        authorizePath(one, challenge, { redirect_uri: 'javascript:alert(1)' }),
        authorizePath(two, challenge, { redirect_uri: undefined }),
        `${authorizePath(one, challenge)}&client_id=${two}`,
        `${authorizePath(one, challenge)}&redirect_uri=${encodeURIComponent(REDIRECT)}`,
        `${authorizePath(one, challenge)}&state=again`,
        authorizePath(one, challenge, { state: 'x'.repeat(9000) }),
        authorizePath('x'.repeat(5000), challenge),
        authorizePath('<script>alert(1)</script>', challenge),
      ]

      for (const path of wrong)
        for (const who of [visitor, browser(app)]) {
          const answer = await who.open(path)
          assert.deepEqual([answer.status, answer.location], [400, undefined], path)
          assert.match(answer.page, /That did not work/)
          assert.doesNotMatch(answer.page, /<script|evil\.test/)
        }
      assert.equal((await visitor.open(`${authorizePath(one, challenge)}&resource=%00`)).status, 400)
      const program = await app.fetch(authorizePath('client_unknown', challenge), { redirect: 'manual' })
      assert.deepEqual(
        [program.status, z.looseObject({ error: z.string() }).parse(await program.json()).error],
        [401, 'invalid_client'],
      )
      const only = await visitor.open(authorizePath(one, challenge, { redirect_uri: undefined }))
      assert.equal(only.status, 200)
    })

    it('tells the client what is wrong with its request, but only once somebody is signed in', async () => {
      const { visitor } = await signedIn(app)
      const clientId = await newClient(app)
      const wrong: [Record<string, string | undefined>, string][] = [
        [{ response_type: undefined }, 'invalid_request'],
        [{ response_type: 'token' }, 'unsupported_response_type'],
        [{ response_type: 'code id_token' }, 'unsupported_response_type'],
        [{ response_mode: 'fragment' }, 'invalid_request'],
        [{ code_challenge: undefined }, 'invalid_request'],
        [{ code_challenge: 'short' }, 'invalid_request'],
        [{ code_challenge: `${challenge}=` }, 'invalid_request'],
        [{ code_challenge_method: undefined }, 'invalid_request'],
        [{ code_challenge_method: 'plain' }, 'invalid_request'],
        [{ scope: 'files:read' }, 'invalid_scope'],
        [{ scope: 'cards:read nonsense' }, 'invalid_scope'],
        [{ scope: 'x'.repeat(2000) }, 'invalid_request'],
        [{ resource: 'https://elsewhere.test/mcp' }, 'invalid_target'],
        [{ resource: 'mcp' }, 'invalid_target'],
        [{ prompt: 'none' }, 'consent_required'],
      ]

      for (const [change, error] of wrong) {
        const path = authorizePath(clientId, challenge, change)
        const told = toldOf(await visitor.open(path))
        assert.deepEqual([told.error, told.state, told.iss], [error, 'as it was', app.url], JSON.stringify(change))
        const stranger = await browser(app).open(path)
        assert.equal(stranger.location?.searchParams.get('error') ?? undefined, change.prompt && 'login_required')
      }
      for (const again of [`resource=${app.url}/mcp&resource=${app.url}/v1`, 'scope=email&scope=profile'])
        assert.match(
          toldOf(await visitor.open(`${authorizePath(clientId, challenge)}&${again}`)).error ?? '',
          /^invalid_(target|request)$/,
        )
    })

    it('asks who is not signed in to do that first, and goes on', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const visitor = browser(app)

      const asked = await visitor.open(authorizePath(clientId, challenge, { prompt: 'login' }))
      const wrong = await visitor.submit(asked, { email: ada.email, password: 'not the password' })
      const right = await visitor.submit(wrong, { email: ada.email, password: ada.password })
      const consent = await visitor.open(`${right.location?.pathname}${right.location?.search}`)

      assert.match(asked.page, /Sign in to Latchkey/)
      assert.equal(wrong.status, 401)
      assert.match(wrong.page, /role="alert">The e-mail address or the password is wrong/)
      assert.ok(wrong.page.includes(`value="${ada.email}"`) && !wrong.page.includes('not the password'))
      assert.deepEqual([right.status, right.location?.pathname], [303, PATHS.authorize])
      assert.match(consent.page, /Connect <bdi>Test client<\/bdi>\?/)
      assert.equal((await visitor.submit(consent, { decision: 'allow' })).location?.origin, 'http://127.0.0.1:3118')
    })

    it('lets somebody sign in as somebody else', async () => {
      const [{ visitor }, bea] = [await signedIn(app), await app.account()]
      const consent = await visitor.open(authorizePath(await newClient(app), challenge))

      const other = /href="([^"]+)">Use another account/.exec(consent.page)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const asked = await visitor.open(other)
      const right = await visitor.submit(asked, { email: bea.email, password: bea.password })

      const again = await visitor.open(`${right.location?.pathname}${right.location?.search}`)
      assert.ok(again.page.includes(bea.email))
    })

    it('takes forms from its own pages alone', async () => {
      const { ada, visitor } = await signedIn(app)
      const clientId = await newClient(app)
      const consent = await visitor.open(authorizePath(clientId, challenge))
      const asked = await browser(app).open(authorizePath(clientId, challenge))

      for (const headers of [
        { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
        { origin: 'null', 'sec-fetch-site': 'same-site' },
      ]) {
        const agreed = await visitor.submit(consent, { decision: 'allow' }, headers)
        const signed = await browser(app).submit(asked, { email: ada.email, password: ada.password }, headers)
        assert.deepEqual([agreed.status, signed.status], [403, 403])
        assert.deepEqual([agreed.location, signed.headers.getSetCookie()], [undefined, []])
      }
    })

    it('asks again when the page was made for somebody else, or for something else', async () => {
      const [one, two] = [await signedIn(app), await signedIn(app)]
      const clientId = await newClient(app)
      const narrow = await one.visitor.open(authorizePath(clientId, challenge, { scope: 'cards:read' }))
      const wide = authorizePath(clientId, challenge).split('?')[1] ?? ''

      const foreign = await two.visitor.submit(narrow, { decision: 'allow' })
      const widened = await one.visitor.submit(narrow, { decision: 'allow', request: wide })
      const forged = await one.visitor.submit(narrow, { decision: 'allow', proof: '' })
      const stranger = await browser(app).submit(narrow, { decision: 'allow' })

      for (const answer of [foreign, widened, forged]) {
        assert.deepEqual([answer.status, answer.location], [200, undefined])
        assert.match(answer.page, /name="decision" value="allow"/)
      }
      assert.match(stranger.page, /Sign in to Latchkey/)
    })

    it('does not ask for the clients that come with the server', async () => {
      const { ada, visitor } = await signedIn(app)
      const clientId = 'teak-cli'
      const change = { redirect_uri: CLI, scope: 'profile email offline_access' }
      const { code, verifier } = await agree(app, ada, clientId, change)

      const { status, body } = await askTokens(app, { ...codeForm(clientId, { code, verifier }), redirect_uri: CLI })

      // It insists on both tokens, and expects that they open the cards.
      assert.equal(status, 200)
      assert.ok(body.refresh_token !== undefined)
      assert.equal(body.scope, 'cards:read cards:write profile email offline_access')
      const who = await app.fetch(PATHS.userinfo, { headers: { authorization: `Bearer ${body.access_token}` } })
      assert.deepEqual(await who.json(), { sub: ada.id, email: ada.email })
      const asked = await visitor.open(authorizePath(clientId, challenge, { ...change, prompt: 'consent' }))
      assert.match(asked.page, /Connect <bdi>Teak CLI<\/bdi>\?/)
      const stranger = await browser(app).open(authorizePath(clientId, challenge, change))
      assert.match(stranger.page, /Sign in to Latchkey/)
      const stolen = await visitor.open(authorizePath(clientId, challenge, { redirect_uri: 'https://evil.test/' }))
      assert.equal(stolen.status, 400)
    })

    it('registers clients as they describe themselves, without a secret', async () => {
      const answer = await app.fetch(PATHS.register, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          redirect_uris: ['cursor://x/cb', 'https://example.org/cb'],
          client_name: 'Cursor',
          client_uri: 'https://cursor.test',
          grant_types: ['authorization_code', 'refresh_token', 'urn:other'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_post',
          logo_uri: 'https://cursor.test/logo.png',
          is_first_party: true,
          client_id: 'teak-cli',
        }),
      })

      const { client_id, client_id_issued_at, ...rest } = z
        .looseObject({ client_id: z.string(), client_id_issued_at: z.int() })
        .parse(await answer.json())
      assert.equal(answer.status, 201)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.match(client_id, /^client_\w{22}$/)
      assert.ok(Math.abs(client_id_issued_at * 1000 - Date.now()) < 60_000)
      assert.deepEqual(rest, {
        redirect_uris: ['cursor://x/cb', 'https://example.org/cb'],
        client_name: 'Cursor',
        client_uri: 'https://cursor.test',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      })
    })

    it('registers nothing that makes no sense', async () => {
      const good = { redirect_uris: [REDIRECT] }
      const wrong: [unknown, string][] = [
        [{}, 'invalid_client_metadata'],
        [[], 'invalid_client_metadata'],
        ['x', 'invalid_client_metadata'],
        [{ redirect_uris: [] }, 'invalid_client_metadata'],
        [{ redirect_uris: REDIRECT }, 'invalid_client_metadata'],
        [{ redirect_uris: Array.from({ length: 11 }, () => REDIRECT) }, 'invalid_client_metadata'],
        [{ redirect_uris: ['http://example.org/cb'] }, 'invalid_redirect_uri'],
        [{ redirect_uris: [REDIRECT, 'javascript:alert(1)'] }, 'invalid_redirect_uri'],
        [{ redirect_uris: ['/cb'] }, 'invalid_redirect_uri'],
        [{ redirect_uris: ['https://example.org/\0'] }, 'invalid_client_metadata'],
        [{ ...good, client_name: 'a\0b' }, 'invalid_client_metadata'],
        [{ ...good, client_name: 'a\nb' }, 'invalid_client_metadata'],
        [{ ...good, client_name: ' ' }, 'invalid_client_metadata'],
        [{ ...good, client_name: 'x'.repeat(101) }, 'invalid_client_metadata'],
        [{ ...good, client_name: ['x'] }, 'invalid_client_metadata'],
        [{ ...good, client_uri: 'javascript:alert(1)' }, 'invalid_client_metadata'],
        [{ ...good, grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
        [{ ...good, response_types: ['token'] }, 'invalid_client_metadata'],
      ]

      for (const [body, error] of wrong) {
        const answer = await app.fetch(PATHS.register, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        const failure = z.object({ error: z.string(), error_description: z.string() }).parse(await answer.json())
        assert.deepEqual([answer.status, failure.error], [400, error], JSON.stringify(body))
      }
    })
  })
}
