import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import * as oauth from 'oauth4webapi'
import { type TestAccount, type TestApp, testApp } from '../../../test/app.ts'
import { canary } from '../../../test/canary.ts'
import { dialects } from '../../../test/database.ts'
import { browser, connect as connectApp, REDIRECT, skippingClock } from './testing.ts'

const INSECURE = { [oauth.allowInsecureRequests]: true } as const

/** Signs in on the page and agrees, as somebody at a browser would. @returns Where the browser is sent in the end. */
const letIn = async (app: TestApp, ada: TestAccount, address: URL): Promise<URL> => {
  const visitor = browser(app)
  const asked = await visitor.open(address.pathname + address.search)
  const signedIn = await visitor.submit(asked, { email: ada.email, password: ada.password })
  const consent = await visitor.open(`${signedIn.location?.pathname}${signedIn.location?.search}`)
  const { location } = await visitor.submit(consent, { decision: 'allow' })
  assert.ok(location !== undefined, consent.page)
  return location
}

/** What a program keeps: in memory, with the address that it would open in a browser. */
const memory = () => {
  let client: OAuthClientInformationMixed | undefined
  let verifier = ''
  const kept: OAuthClientProvider & { address: URL | undefined; saved: OAuthTokens | undefined } = {
    address: undefined,
    saved: undefined,
    redirectUrl: REDIRECT,
    clientMetadata: {
      client_name: 'Stock MCP client',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => client,
    saveClientInformation: (given) => {
      client = given
    },
    tokens: () => kept.saved,
    saveTokens: (tokens) => {
      canary(tokens.access_token)
      kept.saved = tokens
    },
    redirectToAuthorization: (url) => {
      kept.address = url
    },
    saveCodeVerifier: (given) => {
      verifier = canary(given)
    },
    codeVerifier: () => verifier,
  }
  return kept
}

for (const dialect of dialects) {
  describe(`clients that others wrote (${dialect})`, async () => {
    const clock = skippingClock()
    const app = await testApp(dialect, { clock })

    it('oauth4webapi discovers, registers, signs in, calls, renews and is cut off when a token comes twice', async () => {
      const ada = await app.account()

      // Discovery: from the address of the API to the server that lets people in.
      const resource = new URL('/mcp', app.url)
      const described = await oauth.processResourceDiscoveryResponse(
        resource,
        await oauth.resourceDiscoveryRequest(resource, INSECURE),
      )
      const issuer = new URL(described.authorization_servers?.[0] ?? '')
      const server = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE }),
      )
      assert.deepEqual(server.code_challenge_methods_supported, ['S256'])

      const client = await oauth.processDynamicClientRegistrationResponse(
        await oauth.dynamicClientRegistrationRequest(
          server,
          { redirect_uris: [REDIRECT], client_name: 'Stock client', token_endpoint_auth_method: 'none' },
          INSECURE,
        ),
      )

      // A browser goes to the address, and comes back with a code.
      const verifier = canary(oauth.generateRandomCodeVerifier())
      const state = oauth.generateRandomState()
      const address = new URL(server.authorization_endpoint ?? '')
      address.search = new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: REDIRECT,
        response_type: 'code',
        scope: 'cards:read email offline_access',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        resource: resource.href,
      }).toString()
      const told = oauth.validateAuthResponse(server, client, await letIn(app, ada, address), state)

      const additional = { additionalParameters: { resource: resource.href } }
      const exchange = () =>
        oauth.authorizationCodeGrantRequest(server, client, oauth.None(), told, REDIRECT, verifier, {
          ...additional,
          ...INSECURE,
        })
      const first = await oauth.processAuthorizationCodeResponse(server, client, await exchange())
      assert.deepEqual(
        [first.token_type, first.expires_in, first.scope],
        ['bearer', 3600, 'cards:read email offline_access'],
      )

      const call = async (token: string): Promise<number> =>
        (await oauth.protectedResourceRequest(token, 'GET', new URL('/v1/cards', app.url), undefined, undefined, INSECURE)).status // biome-ignore format: one line
      assert.equal(await call(first.access_token), 200)
      const who = await oauth.processUserInfoResponse(
        server,
        client,
        ada.id,
        await oauth.userInfoRequest(server, client, first.access_token, INSECURE),
      )
      assert.deepEqual(who, { sub: ada.id, email: ada.email })

      const refresh = (token: string) =>
        oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, { ...additional, ...INSECURE })
      const second = await oauth.processRefreshTokenResponse(server, client, await refresh(first.refresh_token ?? ''))
      assert.equal(await call(second.access_token), 200)

      // The first refresh token again: one of the two who have it is a thief.
      await assert.rejects(
        refresh(first.refresh_token ?? '').then((answer) => oauth.processRefreshTokenResponse(server, client, answer)),
        { error: 'invalid_grant', status: 400 },
      )
      for (const { access_token } of [first, second])
        await assert.rejects(call(access_token), oauth.WWWAuthenticateChallengeError)
      await assert.rejects(
        refresh(second.refresh_token ?? '').then((answer) => oauth.processRefreshTokenResponse(server, client, answer)),
        { error: 'invalid_grant' },
      )
    })

    it('oauth4webapi gives tokens back', async () => {
      const ada = await app.account()
      const { clientId, access, refresh } = await connectApp(app, ada)
      const issuer = new URL(app.url)
      const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE })
      const server = await oauth.processDiscoveryResponse(issuer, found)
      const client = { client_id: clientId }

      for (const token of [refresh, 'unknown', access])
        await oauth.processRevocationResponse(
          await oauth.revocationRequest(server, client, oauth.None(), token, INSECURE),
        )

      const answer = await app.fetch('/v1/cards', { headers: { authorization: `Bearer ${access}` } })
      assert.equal(answer.status, 401)
    })

    it("the protocol's own client signs in by itself, calls tools and renews its token", async () => {
      const ada = await app.account()
      const provider = memory()
      const connect = () => {
        const client = new Client({ name: 'test', version: '1.0.0' })
        const transport = new StreamableHTTPClientTransport(new URL('/mcp', app.url), { authProvider: provider })
        return { client, transport }
      }
      const first = connect()
      await assert.rejects(first.client.connect(first.transport), UnauthorizedError)
      assert.ok(provider.address !== undefined)
      const back = await letIn(app, ada, provider.address)
      await first.transport.finishAuth(canary(back.searchParams.get('code') ?? ''))

      const second = connect()
      await second.client.connect(second.transport)
      const saved = await second.client.callTool({ name: 'teak_v1_create_card', arguments: { content: 'Leek soup' } })
      assert.notEqual(saved.isError, true, JSON.stringify(saved.content))
      const before = provider.saved?.access_token

      // An hour later the token has ended, and the client gets another one without asking anybody.
      clock.skip(3_600_001)
      assert.ok((await second.client.listTools()).tools.length > 0)
      assert.notEqual(provider.saved?.access_token, before)
      await second.client.close()
    })
  })
}
