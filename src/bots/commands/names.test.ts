import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commandNameOf, toCommandName } from './names.ts'

const encodings = (name: string): string[] => {
  const standard = Buffer.from(name).toString('base64')
  const bare = standard.replace(/=+$/, '')
  const url = Buffer.from(name).toString('base64url')
  return [standard, bare, url, encodeURIComponent(standard), encodeURIComponent(bare), standard.replaceAll('=', '%3D')]
}

describe('command names in URLs', () => {
  it('are what the published table says', () => {
    const table = {
      L3N0YXJ0: '/start',
      'L2hlbHA=': '/help',
      L3NldHRpbmdz: '/settings',
      'aGVsbG9fd29ybGQ=': 'hello_world',
      dXNlciBpbmZv: 'user info',
    }
    for (const [encoded, name] of Object.entries(table))
      assert.equal(commandNameOf(`/v2/bots/1/commands/${encoded}`), name)
  })

  it('read the same in both alphabets, padded or not, percent-encoded or not, with a slash or a tail behind', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (name) => {
        for (const encoded of encodings(name)) {
          const path = `/v2/bots/1/commands/${encoded}`
          assert.equal(commandNameOf(path), name)
          assert.equal(commandNameOf(`${path}?api_key=x`), name)
          assert.equal(commandNameOf(`${path}/rename`, 'rename'), name)
          assert.equal(commandNameOf(`${path}/rename/`, 'rename'), name)
        }
      }),
    )
  })

  it('take a space for the plus that it was', () => {
    assert.equal(commandNameOf('/v2/bots/1/commands/Pz8%20'), '??>')
  })

  it('leave a slash at the end away unless it belongs to the name', () => {
    assert.equal(commandNameOf('/v2/bots/1/commands/L3N0YXJ0/'), '/start')
    assert.equal(commandNameOf('/v2/bots/1/commands/L2hlbHA=/'), '/help')
    assert.equal(commandNameOf('/v2/bots/1/commands/YX4/'), 'a~?')
  })

  it('are refused when they are no base64 of valid UTF-8', () => {
    for (const encoded of [
      '',
      '=',
      '/',
      'a',
      'abcde',
      '!!!!',
      'L3N0*XJ0',
      '%',
      '%zz',
      '%252F',
      '_w==',
      '7aCA',
      'L3=N0',
    ])
      assert.throws(
        () => commandNameOf(`/v2/bots/1/commands/${encoded}`),
        { code: 'COMMAND_ENCODING_INVALID' },
        encoded,
      )
  })
})

describe('new command names', () => {
  it('are trimmed, and otherwise kept to the letter', () => {
    for (const name of ['/start', '*', '@', '~', '!', '.env', '//0', '🟢 Joined', 'Привет', 'a  b', 'ＡＢ'])
      assert.equal(toCommandName(` ${name} `), name)
  })

  it('have 1 to 256 bytes and no control characters', () => {
    assert.equal(toCommandName('a'.repeat(256)).length, 256)
    for (const name of ['a'.repeat(257), 'я'.repeat(129), 'a\nb', 'a\tb', 'a\u0085b', 'a\u007fb'])
      assert.throws(() => toCommandName(name), { code: 'COMMAND_NAME_INVALID' })
    assert.throws(() => toCommandName(' \n '), { message: 'Command name is required' })
  })
})
