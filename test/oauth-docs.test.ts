import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { it } from 'node:test'
import { browser } from '../src/accounts/oauth/testing.ts'
import { testApp } from './app.ts'
import { canary } from './canary.ts'

const PAGE = resolve(import.meta.dirname, '../docs/oauth.md')

it('does what the page about OAuth says, with somebody at a browser in the middle', { timeout: 120_000 }, async () => {
  const app = await testApp('sqlite')
  const ada = await app.account()
  const page = await readFile(PAGE, 'utf8')
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block)
  const shell = spawn('bash', ['--norc', '-c', `set -euo pipefail\n${blocks.join('\n')}`], {
    env: { PATH: process.env.PATH, URL: app.url },
    stdio: ['pipe', 'pipe', 'inherit'],
  })

  const printed = new Promise<string>((fulfil) => {
    shell.stdout.once('data', (line: Buffer) => fulfil(line.toString().trim()))
  })
  const rest = printed.then(() => text(shell.stdout))
  const address = new URL(await printed)
  const visitor = browser(app, await ada.signIn())
  const consent = await visitor.open(address.pathname + address.search)
  const { location } = await visitor.submit(consent, { decision: 'allow' })
  shell.stdin.end(`${canary(location?.searchParams.get('code') ?? '')}\n`)

  const lines = await rest
  assert.equal(blocks.length, 4)
  assert.match(lines, /"pageInfo"/)
  assert.match(lines, /"access_token":"\w{32}".*"refresh_token":"\w{43}"/s)
  assert.match(lines, /"error":"invalid_grant".*\n?401\n$/s)
})
