import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { dialects } from '../../../test/database.ts'
import { testRuntime } from './runtime.fixture.ts'

for (const dialect of dialects) {
  describe(`what commands keep (${dialect})`, async () => {
    const { run, botIds } = await testRuntime(dialect)

    it('is given back as it was: numbers of any size, floats, text, nested', async () => {
      const { error, prints } = await run(`
values = [0, 1.0, -2.5, 2**53 + 1, 10**40, 'é🙂\\x00', None, True, [1, (2, {3})], {'a': {'b': []}, '5': 1e300}]
print(Bot.saveData('all', values))
print(Bot.getData('all'))
User.saveData('mine', {'n': 1})
print(User.getData('mine').n, User.getData('mine', user=43), Account.getData('x'), Bot.getData('mine'))
Account.saveData('x', 'shared')
print(Account.getData('x'), Bot.deleteData('all')['result'], Bot.getData('all'))`)

      assert.equal(error?.traceback ?? null, null)
      assert.deepEqual(prints, [
        "{'ok': True, 'result': 'Added new data'}",
        "[0, 1.0, -2.5, 9007199254740993, 10000000000000000000000000000000000000000, 'é🙂\\x00', None, True, [1, [2, [3]]], {'a': {'b': []}, '5': 1e+300}]",
        '1 None None None',
        'shared deleted None',
      ])
    })

    it('may be more than one call carries, and not more than 2 MB', async () => {
      const { error, prints } = await run(`
Bot.saveData('long', ['x' * 1000] * 1500)
print(len(Bot.getData('long')))
try:
    Bot.saveData('longer', 'x' * 2_200_000)
except Exception as e:
    print(type(e).__name__, e)
try:
    Bot.saveData('', 1)
except Exception as e:
    print(type(e).__name__, e)
try:
    Bot.saveData('bytes', b'1')
except TypeError as e:
    print(str(e)[:20])`)

      assert.equal(error?.traceback ?? null, null)
      assert.deepEqual(prints, [
        '1500',
        "HostError The value 'longer' has 2200002 bytes; at most 2097152 can be kept.",
        'HostError The name of a value has 1 to 256 bytes',
        'bytes cannot be sent',
      ])
    })

    it('is the own of each bot, and can be asked of another bot of the account by name', async () => {
      await run("Bot.saveData('city', 'Berlin')")

      const other = { botId: botIds[1] ?? '' }
      const { prints, error } = await run(
        `print(Bot.getData('city'), Bot.getData('city', bot_id='${botIds[0]}'))
try:
    Bot.getData('city', bot_id='99')
except LookupError as e:
    print(e)`,
        other,
      )

      assert.equal(error?.traceback ?? null, null)
      assert.deepEqual(prints, ['None Berlin', 'Bot not found or not owned by you'])
    })

    it('becomes files to send', async () => {
      const { calls, error } = await run(`
Bot.deleteAllData()
Bot.saveData('b', [1, 2.0]); Bot.saveData('a', 'text')
bot.sendDocument(Bot.getAllData('backup'))
bot.sendDocument(document=Bot.getDataFile('a', 'txt'), caption='one')
table = libs.CSV.CSVHandler('t.csv')
table.add_row({'name': 'Ada', 'n': 1}); table.add_row({'name': 'Bob, Jr', 'city': 'X'}); table.edit_row(0, {'n': 2})
print(table.get().text())
sent = bot.sendDocument(table.get())
print(sent.document.file_name, bot.downloadFile(sent.document.file_id).text() == table.get().text())`)

      assert.equal(error?.traceback ?? null, null)
      assert.deepEqual(
        calls.filter(({ method }) => method === 'sendDocument').map(({ params }) => params),
        [
          { chat_id: 42, document: 'attach://file0' },
          { document: 'attach://file0', caption: 'one', chat_id: 42 },
          { chat_id: 42, document: 'attach://file0' },
        ],
      )
    })

    it('counts exactly, however many count at once', async () => {
      const code = 'for i in range(20): libs.Resources.globalRes("n").add(1)'
      await Promise.all([run(code), run(code, { botId: botIds[0] ?? '' }), run(code)])

      const { prints, error } = await run(`
n = libs.Resources.globalRes('n')
print(n.value(), n.cut(10), n.set(2.5), n.reset())
points = libs.Resources.userRes('points')
libs.Resources.anotherRes('points', 7).add(5); points.add('3'); libs.Resources.anotherRes('points', user='8').set(5)
print(points.value(), points.getAllData(2), points.get_all_data())
print(points.removeDataOfUser(7), points.clearAllData(), points.value())
print(libs.Resources.accountRes('k').add(1), libs.Resources.adminRes('k').value())`)

      assert.equal(error?.traceback ?? null, null)
      assert.deepEqual(prints, [
        '60 50 2.5 0',
        "3 [{'user': '7', 'value': 5}, {'user': '8', 'value': 5}] [{'user': '7', 'value': 5}, {'user': '8', 'value': 5}, {'user': '42', 'value': 3}]",
        '1 2 0',
        '1 1',
      ])
    })
  })
}

describe('the runtime of commands', async () => {
  let asked: { method: string | undefined; url: string | undefined; headers: unknown; body: string }[] = []
  const server = createServer(async (request, response) => {
    asked.push({ method: request.method, url: request.url, headers: request.headers, body: await text(request) })
    if (request.url === '/away') return void response.writeHead(302, { location: '/here' }).end()
    if (request.url === '/broken') return void response.writeHead(500).end('no')
    response.writeHead(200, { 'content-type': 'application/json', 'x-seen': 'yes' })
    response.end('{"n": 12345678901234567890, "name": "é"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { run, bot } = await testRuntime('sqlite', ['127.0.0.1'])

  it('asks other servers', async () => {
    asked = []
    const { prints, error } = await run(`
r = HTTP.get('${base}/a', params={'q': 'x y'}, headers={'X-Own': '1', 'Host': 'evil'}, timeout=5)
print(r.status_code, r.ok, r.json().n, r.json()['name'], r.headers['X-Seen'], r.headers.get('nothing'), r.text[:4])
print(HTTP.post('${base}/b', json={'a': [1]}).status_code, libs.customHTTP().post('${base}/c', data={'k': 'v w'}).reason)
print(HTTP.get('${base}/away').url.endswith('/here'), HTTP.get('${base}/away', allow_redirects=False).status_code)
try:
    HTTP.get('${base}/broken').raise_for_status()
except Exception as e:
    print(type(e).__name__, str(e)[:25], e.response.text)
for url in ('http://10.0.0.1/', 'file:///etc/passwd', 'http://169.254.169.254/latest', 'http://[::1]/'):
    try:
        HTTP.get(url)
    except Exception as e:
        print(type(e).__name__)`)

    assert.equal(error?.traceback ?? null, null)
    assert.deepEqual(prints, [
      '200 True 12345678901234567890 é yes None {"n"',
      '200 OK',
      'True 302',
      'HTTPError 500 Server Error: Interna no',
      'PermissionError',
      'ValueError',
      'PermissionError',
      'PermissionError',
    ])
    assert.deepEqual(
      asked.slice(0, 3).map(({ method, url, body }) => [method, url, body]),
      [
        ['GET', '/a?q=x+y', ''],
        ['POST', '/b', '{"a": [1]}'],
        ['POST', '/c', 'k=v+w'],
      ],
    )
  })

  it('runs commands inside commands, with ~ before each, and names those that are too many', async () => {
    const commands = {
      '/two': "print('two', options['n'], params, command, helper())\nraise ReturnCommand\nprint('never')",
      '/loop': "Bot.runCommand('/loop')",
      '/bad': 'x = 1\n\n1 / 0',
    }
    const preamble = "def helper(): return 'help'\nraise ReturnCommand"

    const nested = await run(
      "r = Bot.runCommand('/two', {'n': 1})\nprint('back', r.ok, options)\nrunCommand('/two a b', options={'n': 2})",
      { commands, preamble },
    )
    const loop = await run("try:\n    bot.run_command('/loop')\nexcept Exception as e:\n    print(e)", { commands })
    const bad = await run("Bot.runCommand('/bad')", { commands })
    const missing = await run("Bot.runCommand('/no')", { commands })

    assert.equal(nested.error?.traceback ?? null, null)
    assert.deepEqual(nested.prints, ['two 1 None /two help', 'back True None', 'two 2 a b /two help'])
    const refusal =
      /One update may run 3 commands, and \/start → \/loop → \/loop → \/loop would be one more. It runs in/
    assert.match(loop.prints[0] ?? '', refusal)
    assert.match(loop.warnings[0] ?? '', refusal)
    assert.deepEqual([bad.error?.type, bad.error?.command, bad.error?.line], ['ZeroDivisionError', '/bad', 3])
    assert.match(bad.error?.traceback ?? '', /File "\/start", line 1[\s\S]*File "\/bad", line 3/)
    assert.match(missing.error?.message ?? '', /There is no command '\/no'/)
  })

  it('names the preamble when that is what fails', async () => {
    const { error } = await run('print(1)', { preamble: '\nboom' })

    assert.deepEqual([error?.type, error?.command, error?.line], ['NameError', '~', 2])
  })

  it('tells the owner of a ReturnCommand that was caught', async () => {
    const { warnings, outcome } = await run(`try:
    raise ReturnCommand()
except Exception as e:
    print(type(e).__name__)`)
    const ended = await run('ReturnCommand()')

    assert.equal(outcome, 'ok')
    assert.deepEqual(warnings, ['ReturnCommand was raised at line 2 and caught: the command went on.'])
    assert.deepEqual([ended.warnings, ended.stopped], [[], true])
  })

  it('formats texts as the bot is set, and sends what cannot be read as plain text', async () => {
    const settings = { default_parse_mode: 'HTML', token_visible: false } as const
    const { calls, warnings, error } = await run(
      "bot.sendMessage('<b>a</b>')\nbot.sendMessage('<b>a')\nbot.sendMessage('<b>a', parse_mode='')\nbot.getMe()",
      { settings },
    )

    assert.equal(error?.traceback ?? null, null)
    assert.deepEqual(
      calls.map(({ params }) => (params as { parse_mode?: string }).parse_mode ?? null),
      ['HTML', 'HTML', null, null, null],
    )
    assert.match(warnings[0] ?? '', /can't parse entities.*sent again without formatting/s)
  })

  it('shows the token to nobody unless its owner allows it', async () => {
    const hidden = await run('print(bot.token)')
    const url = await run('s = bot.sendDocument(b"x")\nprint(bot.getFileUrl(s.document.file_id))')
    const settings = { default_parse_mode: null, token_visible: true } as const
    const shown = await run('print(bot.token == bot_token)', { settings })

    assert.equal(hidden.error?.type, 'PermissionError')
    assert.equal(url.error?.type, 'PermissionError')
    assert.deepEqual(shown.prints, ['True'])
    assert.ok(!JSON.stringify([hidden, url, shown]).includes(bot.token))
  })

  it('makes pictures for people, and knows their text', async () => {
    const { prints, calls, error } = await run(`
c = Bot.genCaptcha('number')
print(len(c.captcha_text), c['captcha_text'].isdigit(), c.length, c.captcha_url == c.image_url)
print(Bot.validateCaptcha(c.captcha_id, c.captcha_text), Bot.validateCaptcha(c.captcha_id, 'x'), Bot.validateCaptcha('made up', ''))
print(Bot.genCaptcha(captcha='Hi5').captcha_text)
bot.sendPhoto(c.captcha_url)`)

    assert.equal(error?.traceback ?? null, null)
    assert.deepEqual(prints, ['6 True 6 True', 'True False False', 'HI5'])
    assert.deepEqual(calls[0]?.params, { chat_id: 42, photo: 'attach://file0' })
  })

  it('signs, encrypts and verifies', async () => {
    const { prints, error } = await run(`
s = libs.security
print(s.sha256('a')[:8], s.hmac_sign('k', 'data')[:8], s.hmac_verify('k', 'data', s.hmac_sign('k', 'data')))
key = s.generate_key()
print(s.decrypt(key, s.encrypt(key, 'geheim')), len(key))
print(s.decrypt('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=', 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='))
pk = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
sig = 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
print(s.ed25519_verify(pk, '', sig), s.ed25519_verify(pk, 'x', sig))
try:
    s.decrypt(key, 'nonsense')
except ValueError as e:
    print(e)`)

    assert.equal(error?.traceback ?? null, null)
    const sha = createHash('sha256').update('a').digest('hex').slice(0, 8)
    assert.match(prints[0] ?? '', new RegExp(`^${sha} [0-9a-f]{8} True$`))
    assert.deepEqual(prints.slice(1), [
      'geheim 44',
      'hello',
      'True False',
      'the token is not of this key, or was changed',
    ])
  })

  it('explains what it has not', async () => {
    const { prints, error } = await run(`
for use in (lambda: libs.Coinbase.charge(1), lambda: web3_(), lambda: libs.TonLib.x, lambda: bot.Account, lambda: libs.Nothing):
    try:
        use()
    except Exception as e:
        print(type(e).__name__, e)
try:
    import os
except ImportError as e:
    print(str(e)[:45])`)

    assert.equal(error?.traceback ?? null, null)
    assert.match(
      prints.join('\n'),
      /NotImplementedError libs.Coinbase is not available here: call its web API with HTTP/,
    )
    assert.match(prints.join('\n'), /AttributeError libs has no 'Nothing'/)
    assert.match(prints.join('\n'), /the module 'os' is not available in commands/)
  })

  it('checks who is a member', async () => {
    const { prints, error } = await run(`
try:
    c = MembershipCheck([42], u)
    print(bool(c) == (c.missing == []), MembershipCheck.check(42, u).status)
except ApiTelegramException as e:
    print(e.error_code)`)

    assert.equal(error, null)
    assert.equal(prints.length, 1)
  })
})
