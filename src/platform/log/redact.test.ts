import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog } from './index.ts'
import { redact } from './redact.ts'

const SECRETS = [
  'tk_live_0123456789abcdefghijABCDEFGHIJ012345',
  'tbc_live_0123456789abcdefghijABCDEFGHIJ012345',
  'teakapi_a1b2c3d4e5f6_0123456789abcdef0123456789abcdef0123456789abcdef',
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLWJ5dGVz',
  '1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw',
]

describe('redaction', () => {
  it('hides every form of secret wherever it stands, and leaves a trace that tells two apart', () => {
    const hidden = SECRETS.map((secret) => redact(`before ${secret} after`))

    for (const [index, text] of hidden.entries()) {
      assert.ok(!text.includes(SECRETS[index] ?? ''), text)
      assert.match(text, /^before .*\[redacted [0-9a-f]{4}\].* after$/)
    }
    assert.equal(new Set(hidden).size, SECRETS.length)
  })

  it('hides passwords in addresses, keys in queries, and fields that carry credentials', () => {
    assert.doesNotMatch(redact('postgres://me:hunter2@db:5432/x'), /hunter2/)
    assert.doesNotMatch(redact('GET /v2/bots?api_key=whatever&x=1'), /whatever/)
    assert.doesNotMatch(redact('{"password":"hunter\\"2","cookie":"a=b"}'), /hunter|a=b/)
  })

  it('leaves ordinary text alone', () => {
    const text = '{"path":"/api/v1/files","time":"2026-01-15T10:30:00Z","ms":12}'

    assert.equal(redact(text), text)
  })

  it('is the last step of every line of the log, one line an event', () => {
    const lines: string[] = []
    const log = createLog('info', (line) => lines.push(line))

    log.error(
      { err: new Error(`failed with ${SECRETS[0]}`, { cause: new Error(SECRETS[4]) }), note: 'a\r\nb\u001b[31m' },
      'oh\nno',
    )

    assert.equal(lines.length, 1)
    assert.equal(lines[0]?.trimEnd().split('\n').length, 1)
    for (const secret of SECRETS) assert.ok(!lines[0]?.includes(secret))
    assert.ok(!lines[0]?.includes('\u001b'))
  })
})
