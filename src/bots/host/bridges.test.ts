import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { callRecorder } from '../runs/recorder.ts'
import { setSecret } from '../secrets/contract.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { simulatedBot, v2 } from '../v2.fixture.ts'
import { bridgeGate } from './bridges.ts'
import { cardHandlers } from './cards.ts'
import { hostContext } from './context.fixture.ts'
import { filesBridge, filesBridgeHandlers } from './files-bridge.ts'
import { hostRegistry } from './registry.ts'

const open = { cards_bridge: true, files_bridge: true }

const bridgedBot = async (account: TestAccount, commands: Readonly<Record<string, string>>, body: object = open) => {
  const bot = await simulatedBot(account, commands)
  await account.call(updateBotSettings, { params: bot.params, body })
  return bot
}

interface Shown {
  readonly items: { id: string; type: string; content: string; notes: string; tags: string[]; fileName: string }[]
}

const cardsOf = async (account: TestAccount): Promise<Shown['items']> =>
  ((await (await account.fetch('/v1/cards?include=content,metadata')).json()) as Shown).items

const filesOf = async (account: TestAccount): Promise<{ id: string; file_name: string; file_size: number }[]> =>
  (
    (await (await account.fetch('/api/v1/files')).json()) as {
      files: { id: string; file_name: string; file_size: number }[]
    }
  ).files

for (const dialect of dialects) {
  describe(`bridges to the owner's cards and files (${dialect})`, async () => {
    const app = await testApp(dialect)
    const { database, accounts } = app.app.core

    it('are closed until the owner opens them, and the error names the setting', async () => {
      const ada = await app.account()
      const bot = await bridgedBot(
        ada,
        {
          '/x': `
for work in (lambda: libs.Cards.save("a"), lambda: libs.Cards.find(), lambda: libs.Cards.undo(),
             lambda: libs.Files.save(File("a.txt", "a")), lambda: libs.Files.find()):
    try:
        work()
    except PermissionError as e:
        print(e)`,
        },
        {},
      )

      const { run } = await bot.say('/x')

      const settings = run?.prints.map((line) => /(cards|files)_bridge/.exec(line)?.[0])
      const [cards, files] = ['cards_bridge', 'files_bridge']
      assert.deepEqual(settings, [cards, cards, files, files, files])
      assert.deepEqual([await cardsOf(ada), await filesOf(ada)], [[], []])
    })

    it('save, find, change and delete cards of the owner and of nobody else', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const code = `
card = libs.Cards.save("Whisk the **yolks**", tags=["recipes"], note="by ear")
link = libs.Cards.save("https://example.org/soup")
print(card.type, card.is_new, link.type, link.url)
print([found.id == card.id for found in libs.Cards.find("yolks")])
libs.Cards.update(card.id, append_note="with less sugar", tags=["sweet"])
libs.Cards.delete(link.id)
try:
    libs.Cards.get(link.id)
except LookupError as e:
    print(e)`
      const bot = await bridgedBot(ada, { '/x': code })

      const { run } = await bot.say('/x')

      assert.equal(run?.error?.traceback ?? null, null)
      assert.deepEqual(run?.prints, ['text True link https://example.org/soup', '[True]', 'Card not found'])
      const [card, ...others] = await cardsOf(ada)
      assert.deepEqual(
        [card?.content, card?.notes, card?.tags, others.length],
        ['Whisk the **yolks**', 'by ear\n\nwith less sugar', ['sweet'], 0],
      )
      assert.deepEqual(await cardsOf(eve), [])
      assert.deepEqual(
        run?.calls.map(({ method }) => method),
        ['save', 'save', 'find', 'update', 'delete', 'get'].map((name) => `libs.Cards.${name}`),
      )
      const entries = await accounts.audit.list(database.db, ada.id, 10, undefined, { actor: `bot:${bot.botid}` })
      assert.deepEqual(
        entries.map(({ action }) => action),
        ['card.trashed', 'card.updated', 'card.created', 'card.created'],
      )
    })

    it('keep files, give them back, share and delete them', async () => {
      const ada = await app.account()
      const code = `
kept = libs.Files.save(File("a.txt", "hello"), folder="Invoices")
again = libs.Files.save(b"bytes", name="b/c.bin")
print(kept.name, kept.size, again.name)
print(libs.Files.get(kept.id).text(), [found.name for found in libs.Files.find("a.t")])
print(libs.Files.share(kept.id, expires_in=60, password="x", max_downloads=2))
libs.Files.delete(again.id)`
      const bot = await bridgedBot(ada, { '/x': code })

      const { run } = await bot.say('/x')

      assert.equal(run?.error?.traceback ?? null, null)
      assert.deepEqual(run?.prints.slice(0, 2), ['a.txt 5 b_c.bin', "hello ['a.txt']"])
      assert.match(String(run?.prints[2]), /\/s\/\w+$/)
      assert.deepEqual(
        (await filesOf(ada)).map(({ file_name, file_size }) => [file_name, file_size]),
        [['a.txt', 5]],
      )
      assert.ok(!JSON.stringify(run?.calls).includes('"x"'))
    })

    it('make one card of several files: the first is its own, and the others are kept with links to them', async () => {
      const ada = await app.account()
      const files = 'file=[File("a.txt", "one"), File("b.txt", "two"), File("c.md", "# three")]'
      const bot = await bridgedBot(ada, {
        '/x': `print(len(libs.Cards.save("Three", ${files}).files))`,
        '/undo': 'print(libs.Cards.undo().kind)\nprint(libs.Cards.undo())',
      })

      const saved = await bot.say('/x')
      const [cards, kept] = [await cardsOf(ada), await filesOf(ada)]
      const undone = await bot.say('/undo')

      assert.deepEqual(saved.run?.prints, ['2'])
      assert.deepEqual([cards.length, cards[0]?.fileName], [1, 'a.txt'])
      assert.match(String(cards[0]?.content), /^Three\n\n\[b\.txt\]\(http.*\?open=\w+\)\n\n\[c\.md\]\(http/)
      assert.deepEqual(kept.map(({ file_name }) => file_name).sort(), ['a.txt', 'b.txt', 'c.md'])
      assert.deepEqual(undone.run?.prints, ['card', 'None'])
      assert.deepEqual(await cardsOf(ada), [])
      // Its own file goes when the card leaves the trash.
      assert.deepEqual(
        (await filesOf(ada)).map(({ file_name }) => file_name),
        ['a.txt'],
      )
    })

    it('save once what the same update asks for twice, and anew what another one asks for', async () => {
      const ada = await app.account()
      const { botid: botId } = await bridgedBot(ada, {})
      const gate = bridgeGate({ database, clock: systemClock, audit: accounts.audit })
      const kept = filesBridge({ gate, files: app.app.files, publicUrl: () => app.url })
      const registry = hostRegistry([
        ...cardHandlers({ gate, bridge: app.app.cards.bridge, files: kept }),
        ...filesBridgeHandlers(gate, kept),
      ])
      const handleUpdate = async (updateId: number): Promise<unknown[]> => {
        const context = hostContext({
          accountId: ada.id,
          botId,
          updateId,
          db: database.db,
          calls: callRecorder(systemClock),
        })
        const host = registry.hostFor((signal) => ({ ...context, signal }))
        const { signal } = new AbortController()
        context.files.put(Buffer.from('x'))
        const file = { $file: { name: 'x.txt', number: 0 } }
        const results = [
          await host('libs.Cards.save', [], { content: 'same' }, signal),
          await host('libs.Cards.save', [], { content: 'same' }, signal),
          await host('libs.Cards.save', [], { content: 'other', once: 'o' }, signal),
          await host('libs.Files.save', [], { file }, signal),
        ]
        return results.map((result) => (result as { id: unknown }).id)
      }

      const [first, again, next] = [await handleUpdate(7), await handleUpdate(7), await handleUpdate(8)]

      assert.deepEqual(again, first)
      assert.equal(new Set(first).size, 4)
      assert.deepEqual(
        next.map((id) => first.includes(id)),
        [false, false, true, false],
      )
      assert.deepEqual([(await cardsOf(ada)).length, (await filesOf(ada)).length], [5, 2])
    })

    it('are used so often in a run and no more', async () => {
      const bot = await bridgedBot(await app.account(), { '/x': 'while True: libs.Cards.find("x", 1)' })

      const { run } = await bot.say('/x')

      assert.match(String(run?.error?.message), /one run may use cards and files 60 times/)
    })

    it('refuse what is no card and no file with a sentence', async () => {
      const bot = await bridgedBot(await app.account(), {
        '/x': `
for work in (lambda: libs.Cards.save(), lambda: libs.Cards.save("x", type="cake"), lambda: libs.Cards.save(url="nope"),
             lambda: libs.Cards.save("x" * 600_000), lambda: libs.Cards.save(file=5), lambda: libs.Files.save([]),
             lambda: libs.Cards.update("card_x", note="n"), lambda: libs.Files.get("file_x"),
             lambda: libs.Cards.save(file=[b"x"] * 11)):
    try:
        work()
        print("saved")
    except (ValueError, TypeError, LookupError, ApiTelegramException) as e:
        print(type(e).__name__)`,
      })

      const { run } = await bot.say('/x')

      assert.equal(run?.error?.traceback ?? null, null)
      assert.deepEqual(run?.prints, [
        ...['TypeError', 'ValueError', 'ValueError', 'ValueError', 'TypeError', 'TypeError'],
        ...['LookupError', 'LookupError', 'ValueError'],
      ])
    })
  })

  describe(`secrets for code (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('come by name, and the record of the run shows none of them', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, {
        '/x': `
key = libs.Secrets.get("KEY")
print(key, repr(key), libs.Secrets.names(), libs.Secrets.get("NONE", "instead"))
bot.sendMessage("it is " + key)
raise ValueError(key)`,
      })
      await ada.call(setSecret, { params: { ...bot.params, name: 'KEY' }, body: { value: 's3cret-värde\nline two' } })

      const { run, messages } = await bot.say('/x')
      const runs = await v2(ada, 'GET', `/v2/bots/${bot.botid}/runs`)
      const errors = await v2(ada, 'GET', `/v2/bots/${bot.botid}/errors`)

      assert.deepEqual(run?.prints, ["••• '•••' ['KEY'] instead"])
      assert.equal(run?.error?.message, '•••')
      assert.ok(messages.some(({ text }) => text === 'it is s3cret-värde\nline two'))
      for (const shown of [JSON.stringify(run), runs.text, errors.text, app.log.join('')])
        assert.ok(!/s3cret|line two/.test(shown), shown.slice(0, 500))
    })

    it('raise LookupError where there is none', async () => {
      const bot = await simulatedBot(await app.account(), { '/x': 'libs.Secrets.get("NONE")' })

      const { run } = await bot.say('/x')

      assert.equal(run?.error?.type, 'LookupError')
    })
  })
}
