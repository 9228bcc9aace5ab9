import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRedirectUri, isSameRedirect, redirectHost, redirectSource } from './redirects.ts'

describe('addresses to go back to', () => {
  it('are https, http on this computer, or the scheme of an app', () => {
    for (const good of [
      'https://example.org/callback',
      'https://example.org:8443/a?b=c',
      'http://127.0.0.1:3118/callback',
      'http://[::1]:3118/callback',
      'http://localhost/callback',
      'http://localhost',
      'cursor://anysphere.cursor-retrieval/oauth/callback',
      'com.example.app:/oauth',
    ])
      assert.equal(isRedirectUri(good), true, good)
  })

  it('are nothing that a browser runs, that leaves this computer unencrypted, or that reads differently than it looks', () => {
    for (const bad of [
      '',
      '/callback',
      'example.org/callback',
      'http://example.org/callback',
      'http://127.0.0.1.evil.test/',
      'http://127.0.0.1@evil.test/',
      'http://localhost.evil.test/',
      'http://127.1/',
      'https://user:pw@example.org/',
      'https://example.org/#fragment',
      'https:example.org',
      'https:///example.org',
      'https:\\\\example.org',
      'javascript:alert(1)',
      'JavaScript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'vbscript:x',
      'blob:https://example.org/x',
      ' https://example.org/',
      'https://example.org/\r\nset-cookie: a=b',
      'https://exa mple.org/',
      "https://example.org/'; script-src *",
      'https://example.org/"><script>',
      'https://exämple.org/',
      `https://example.org/${'x'.repeat(2000)}`,
    ])
      assert.equal(isRedirectUri(bad), false, bad)
  })

  it('are compared character by character, but for the port on this computer', () => {
    const same: [string, string, boolean][] = [
      ['https://example.org/cb', 'https://example.org/cb', true],
      ['https://example.org/cb', 'https://example.org/cb/', false],
      ['https://example.org/cb', 'https://example.org/cb?x=1', false],
      ['https://example.org/cb', 'https://example.org:444/cb', false],
      ['https://example.org/cb', 'https://EXAMPLE.org/cb', false],
      ['https://example.org/cb', 'https://example.org/x/../cb', false],
      ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb', true],
      ['http://127.0.0.1/cb', 'http://127.0.0.1:65535/cb', true],
      ['http://127.0.0.1:1/cb', 'http://127.0.0.1/cb', true],
      ['http://[::1]:1/cb', 'http://[::1]:2/cb', true],
      ['http://localhost:1/cb', 'http://localhost:2/cb', true],
      ['http://127.0.0.1:1/cb', 'http://localhost:1/cb', false],
      ['http://127.0.0.1:1/cb', 'http://127.0.0.1:99999/cb', false],
      ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/other', false],
      ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2@evil.test/cb', false],
      ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb#x', false],
      ['app:/cb', 'app:/cb2', false],
    ]
    for (const [registered, given, expected] of same)
      assert.equal(isSameRedirect(registered, given), expected, `${registered} and ${given}`)
  })

  it('are told to people and browsers without what is not needed', () => {
    assert.deepEqual(
      ['https://example.org:8443/a?b', 'http://127.0.0.1:3118/cb', 'cursor://x/y'].map((text) => [
        redirectHost(text),
        redirectSource(text),
      ]),
      [
        ['example.org:8443', 'https://example.org:8443'],
        ['127.0.0.1:3118', 'http://127.0.0.1:3118'],
        ['cursor:', 'cursor:'],
      ],
    )
  })
})
