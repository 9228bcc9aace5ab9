import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { simulatedBot } from '../v2.fixture.ts'

describe('a command that attacks', async () => {
  const app = await testApp('sqlite')
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-canary-'))
  const canary = join(folder, 'canary.txt')
  const SECRET = 'canary-7f3a91'
  writeFileSync(canary, SECRET)
  let visitors = 0
  const door = createServer((socket) => {
    visitors += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo
  after(() => {
    door.close()
    rmSync(folder, { recursive: true })
  })

  // Each stands on a line of its own behind two harmless ones.
  const attacks: Readonly<Record<string, readonly [code: string, outcome: RegExp, error: RegExp, line?: null]>> = {
    'an infinite loop': ['while True: pass', /^time$/, /TimeLimitExceeded/],
    '2 GB at once': ['x = bytearray(2 * 1024 ** 3)', /^(memory|error)$/, /MemoryError|OverflowError/],
    'a little less': ['x = bytearray(2 * 1024 ** 3 - 1)', /^memory$/, /MemoryError/],
    '2 GB bit by bit': ["x = []\nwhile True: x.append(b'x' * 10_000_000)", /^memory$/, /MemoryError/],
    'deep recursion': [
      'def f(n): return f(n + 1) + 1\nf(0)',
      /^(error|crash|time)$/,
      /RecursionError|TimeLimitExceeded/,
    ],
    'a shell command': [`import os; os.system('echo gone > ${canary}')`, /^error$/, /.+/],
    'a process': ["import subprocess; subprocess.run(['id'])", /^error$/, /.+/],
    'a file of the system': ["print(open('/etc/passwd').read())", /^error$/, /.+/],
    'a file of somebody': [`print(open('${canary}').read())`, /^error$/, /.+/],
    'a file to write': [`open('${canary}', 'w').write('gone')`, /^error$/, /.+/],
    'a socket': [`import socket; socket.create_connection(('127.0.0.1', ${port}), 2)`, /^error$/, /.+/],
    'a request': [`import urllib.request; urllib.request.urlopen('http://127.0.0.1:${port}/')`, /^error$/, /.+/],
    "the host's JavaScript": ['import js; print(js.process.env.to_py())', /^error$/, /.+/],
    'the interpreter itself': [
      "import pyodide_js; pyodide_js.constructor.constructor('return process')().exit()",
      /^error$/,
      /.+/,
    ],
    'its own getUpdates': ['bot.getUpdates()', /^error$/, /PermissionError/],
    'a webhook': ["bot.setWebhook(url='https://example.org')", /^error$/, /PermissionError/],
    'a logout': ['bot.log_out()', /^error$/, /PermissionError/],
    'another case of that': ['bot.LOGOUT()', /^error$/, /PermissionError/],
    'a close': ['bot.close()', /^error$/, /PermissionError/],
    'a way out': ['raise SystemExit(1)', /^ok$/, /^$/, null],
    'a way out by force': ['import os; os._exit(1)', /^(error|crash)$/, /.+/],
  }

  const mallory = await app.account()
  const neighbour = await simulatedBot(await app.account(), { hello: "print('hello')" })

  for (const [name, [code, outcome, error, line]] of Object.entries(attacks)) {
    it(`${name} is stopped, reported with its line, and noticed by nobody`, { timeout: 30_000 }, async () => {
      const attacker = await simulatedBot(mallory, { '/x': `a = 1\nb = 2\n${code}`, '/ok': "print('fine')" })

      const attack = attacker.say('/x')
      const during = await neighbour.say('hello')
      const { run } = await attack
      const afterwards = await neighbour.say('hello')

      assert.match(run?.outcome ?? '', outcome, JSON.stringify(run?.error))
      assert.match(run?.error?.type ?? '', error)
      if (line !== null) assert.ok([3, 4].includes(run?.error?.line ?? 0), JSON.stringify(run?.error))
      assert.ok(!JSON.stringify(run).includes(SECRET) && !JSON.stringify(run?.prints).includes('root:'))
      assert.deepEqual([during.run?.prints, afterwards.run?.prints], [['hello'], ['hello']])
      assert.deepEqual((await attacker.say('/ok')).run?.prints, ['fine'])
      assert.equal(readFileSync(canary, 'utf8'), SECRET)
      assert.equal(visitors, 0)
    })
  }

  it('finds nothing that another bot has left behind', async () => {
    const [ada, bob] = [await app.account(), await app.account()]
    const hers = await simulatedBot(ada, { '/leave': "import json\njson.secret = 'left'\nsecret = 'left'" })
    const look = "import json\nprint(hasattr(json, 'secret'))\ntry: print(secret)\nexcept NameError: print('clean')"
    const his = await simulatedBot(bob, { '/look': look })
    const again = await simulatedBot(ada, { '/look': look })
    await hers.say('/leave')

    const [first, second] = [await his.say('/look'), await again.say('/look')]
    const prints = [first.run?.prints, second.run?.prints]

    assert.deepEqual(
      prints,
      [
        ['False', 'clean'],
        ['False', 'clean'],
      ],
      JSON.stringify(first.run?.error),
    )
  })

  it('cannot write to the chats or call with the tokens of other bots', async () => {
    const [ada, bob] = [await app.account(), await app.account()]
    const hers = await simulatedBot(ada, { hello: "print('x')" })
    await hers.say('hello')
    const his = await simulatedBot(bob, {
      '/spam': 'bot.sendMessage(chat_id=1000001, text="spam")',
      '/token': 'print(bot.token)',
    })

    const { run } = await his.say('/spam', { id: 42, first_name: 'Bob' })
    const token = await his.say('/token')

    assert.equal(run?.error?.type, 'ApiTelegramException')
    assert.deepEqual((await hers.chat()).length, 1)
    assert.ok(!JSON.stringify(token).match(/\d{9,}:[\w-]{30,}/))
  })
})
