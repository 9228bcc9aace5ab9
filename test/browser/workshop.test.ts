import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, describe, it } from 'node:test'
import { z } from 'zod'
import { listBots } from '../../src/bots/bots/contract.ts'
import { listBroadcasts } from '../../src/bots/broadcasts/contract.ts'
import { listCommands } from '../../src/bots/commands/contract.ts'
import { listBotData } from '../../src/bots/data/contract.ts'
import { getBotSettings, updateBotSettings } from '../../src/bots/settings/contract.ts'
import { sendMessage } from '../../src/bots/simulator/contract.ts'
import { listTests } from '../../src/bots/tests/contract.ts'
import { listCards } from '../../src/cards/cards/contract.ts'
import { eventually } from '../services/eventually.ts'
import { assertFits, assertInReach } from './fits.ts'
import { actsOf, WAYS, type Way } from './hands.ts'
import { type Site, startSite } from './page.ts'

const WRONG = 'name = message.from_user.first_name\nbot.sendMessage(greeting)\n'
const RIGHT =
  'name = message.from_user.first_name\nbot.sendMessage(f"Good morning, {name}.")\nBot.saveData("greeted", 1)\n'
const MENU = `tea = InlineKeyboardButton("Tea", callback_data="/tea")
bot.sendMessage("What would you like?", reply_markup=InlineKeyboardMarkup([[tea]]))
`
const TEA = 'bot.sendMessage("Here is your tea.")\n'

const Exported = z.looseObject({ commands: z.array(z.looseObject({ command: z.string(), code: z.string() })) })

/** A page of the owner's that is used in one of the ways, and what is in the workshop. */
const openIn = async (site: Site, { way, phone, hand }: Way) => {
  const visit = await site.open({ phone })
  const { page } = visit
  const acts = actsOf(page, hand(page))
  const editor = page.locator('.workshop-code .cm-content')
  const panes = page.getByRole('group', { name: 'Parts of the workshop' })
  return {
    way,
    isPhone: phone,
    ...visit,
    ...acts,
    editor,
    chat: page.locator('.sim-chat'),
    sheet: page.getByRole('dialog'),
    /** Puts other code in place of what the editor has. */
    async write(code: string): Promise<void> {
      await acts.press(editor)
      await page.keyboard.press('ControlOrMeta+a')
      // What Chromium itself puts in place of a selection carries a style, which the policy of the page refuses.
      await page.keyboard.press('Backspace')
      await page.keyboard.insertText(code)
    },
    shown: (): Promise<string> =>
      editor
        .locator('.cm-line')
        .allTextContents()
        .then((lines) => lines.join('\n')),
    /** Where there is room for one part of the workshop at a time. */
    async toPane(name: string): Promise<void> {
      if (phone) await acts.press(panes.getByRole('button', { name }))
    },
    undo: (what: string): Promise<void> =>
      acts.press(page.getByRole('alertdialog').filter({ hasText: what }).getByRole('button', { name: 'Undo' })),
  }
}

describe('the workshop of bots', async () => {
  const site = await startSite({ after }, { settings: { LIMIT_BOTS_PER_MINUTE: '1000000' } })
  const [mine, phone] = await Promise.all(WAYS.map((way) => openIn(site, way)))
  if (mine === undefined || phone === undefined) throw new Error('A window and a phone are wanted.')
  const { page, go, troubles, editor, chat, sheet, write, shown, undo } = mine
  let botid = ''

  const commands = async (bot = botid): Promise<Record<string, string>> => {
    const all = await site.client.call(listCommands, { params: { botid: bot } })
    return Object.fromEntries(all.commands.map(({ command, code }) => [command, code]))
  }
  const say = async (text: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
  }
  const newCommand = async (name: string, code: string): Promise<void> => {
    await page.getByRole('button', { name: 'New command' }).first().click()
    await sheet.getByRole('textbox', { name: 'Name' }).fill(name)
    await sheet.getByRole('textbox', { name: 'Name' }).press('Enter')
    await sheet.waitFor({ state: 'detached' })
    await page.locator('.workshop-list').getByRole('button', { name, exact: true }).waitFor()
    await write(code)
    await page.keyboard.press('ControlOrMeta+s')
    await eventually(async () => assert.equal((await commands())[name], code))
  }
  const tab = (name: string) =>
    page.getByRole('navigation', { name: 'Of this bot' }).getByRole('link', { name }).click()

  for (const seen of [phone, mine])
    it(`shows the error of a run on its line, until the code is mended, ${seen.way}`, async () => {
      const { page, press, button, chat, toPane } = seen
      await seen.go('/bots')
      await press(button(seen.isPhone ? 'Make a bot to try' : 'New bot'))
      if (!seen.isPhone) await press(seen.sheet.getByRole('button', { name: 'Make a bot to try' }))
      await page.waitForURL(/\/bots\/\d+/)
      botid = /\/bots\/(\d+)/.exec(page.url())?.[1] ?? ''
      await seen.write(WRONG)
      await press(button('Run'))

      await toPane('Code')
      await page.locator('.cm-line.cm-failed').filter({ hasText: 'bot.sendMessage(greeting)' }).waitFor()
      await page.locator('.workshop-failure').getByText('NameError').waitFor()
      await assertFits(page)
      await toPane('Commands')
      await page.getByRole('img', { name: 'It has open errors' }).waitFor()
      assert.deepEqual(await commands(), { '/start': WRONG })

      await toPane('Code')
      await seen.write(RIGHT)
      if (seen.isPhone) await press(button('Run'))
      else await page.keyboard.press('ControlOrMeta+Enter')

      await chat.getByText('Good morning, Ada.').waitFor()
      await toPane('Code')
      await page.locator('.cm-failed').waitFor({ state: 'detached' })
      await page.locator('.workshop-failure').waitFor({ state: 'detached' })
      await page.getByRole('img', { name: 'It has open errors' }).waitFor({ state: 'detached' })
      assert.deepEqual(await commands(), { '/start': RIGHT })
    })

  it('completes what the language has, marks what Python cannot read, and keeps a draft over a reload', async () => {
    await editor.click()
    await page.keyboard.press('ControlOrMeta+End')
    await page.keyboard.type('bot.sendMes')
    // With the mouse: for a moment after the list is there, the editor takes Enter for a new line.
    await page
      .getByRole('option', { name: /sendMessage/ })
      .first()
      .click()
    await eventually(async () => assert.match(await shown(), /^bot\.sendMessage$/m))
    await page.keyboard.insertText('(\nif name ==\n')
    await page.locator('.cm-lint-marker-error').first().waitFor()
    await page
      .locator('.workshop-foot')
      .getByText(/problem/)
      .waitFor()
    const draft = await shown()

    await page.reload()
    await page.getByText('Not saved yet').first().waitFor()
    await eventually(async () => assert.equal(await shown(), draft))
    await page.keyboard.press('ControlOrMeta+s')
    assert.deepEqual(await commands(), { '/start': RIGHT })

    await page.getByRole('button', { name: 'Discard changes' }).click()
    await eventually(async () => assert.equal(await shown(), RIGHT))
  })

  for (const { way, page, go, isPhone, press, button, sheet, shown, undo } of [mine, phone])
    it(`shows what changed since a version, and brings it back, ${way}`, async () => {
      if (isPhone) await go(`/bots/${botid}?command=${encodeURIComponent('/start')}`)
      await press(button('Versions'))
      await press(sheet.getByRole('button', { name: /^Version 2/ }))
      await sheet.locator('.workshop-diff .cm-changedLine').first().waitFor()
      await sheet.locator('.workshop-diff .cm-deletedChunk').getByText('greeting').waitFor()
      await assertFits(page)
      await press(sheet.getByRole('button', { name: 'Restore this one' }))

      await eventually(async () => assert.equal(await shown(), WRONG))
      assert.deepEqual(await commands(), { '/start': WRONG })
      await undo('Version 2 is back.')
      await eventually(async () => assert.deepEqual(await commands(), { '/start': RIGHT }))
      await eventually(async () => assert.equal(await shown(), RIGHT))
    })

  it('presses a button in the simulator, and keeps the conversation as a test, which passes', async () => {
    await newCommand('/menu', MENU)
    await newCommand('/tea', TEA)
    await page.getByRole('button', { name: 'More of the simulator' }).click()
    await page.getByRole('menuitem', { name: 'Forget the chats' }).click()
    await sheet.getByRole('button', { name: 'Forget the chats' }).click()
    await chat.getByText('Write to the bot as a person would').waitFor()
    await say('/menu')
    await chat.getByRole('button', { name: 'Tea' }).click()
    await chat.getByText('Here is your tea.').waitFor()
    await page.getByRole('button', { name: 'More of the simulator' }).click()
    await page.getByRole('menuitem', { name: 'Save as a test' }).click()
    await sheet.getByRole('textbox', { name: 'Name' }).fill('Tea is served')
    await sheet.getByRole('button', { name: 'Save as a test' }).click()
    await page.getByText('Tea is served is a test now.').waitFor()

    await tab('Tests')
    await page.getByRole('button', { name: 'Run all' }).click()
    await page.getByText('1 passed, 0 failed.').waitFor()
    await page.getByRole('listitem').filter({ hasText: 'Tea is served' }).getByText('Passed').waitFor()
    const { tests } = (await site.client.call(listTests, { params: { botid } })).result
    assert.deepEqual(
      tests.map(({ name, last_passed, steps }) => [name, last_passed, steps.map(({ act }) => act)]),
      [['Tea is served', true, ['message', 'callback']]],
    )
  })

  it('says where a test did not see what it expected', async () => {
    await tab('Workshop')
    await page.locator('.workshop-list').getByRole('button', { name: '/tea', exact: true }).click()
    await write(TEA.replace('tea', 'coffee'))
    await page.keyboard.press('ControlOrMeta+s')
    await eventually(async () => assert.match((await commands())['/tea'] ?? '', /coffee/))
    await tab('Tests')
    await page.getByRole('listitem').filter({ hasText: 'Tea is served' }).getByRole('button', { name: 'Run' }).click()

    const row = page.getByRole('listitem').filter({ hasText: 'Tea is served' })
    await row.getByText('Failed').waitFor()
    assert.deepEqual(await row.getByRole('definition').allTextContents(), ['Here is your tea.', 'Here is your coffee.'])
  })

  it('changes what the code keeps', async () => {
    await tab('Data')
    await page.getByRole('listitem').filter({ hasText: 'greeted' }).getByRole('button', { name: 'Change' }).click()
    await sheet.getByRole('textbox', { name: 'Value, as JSON' }).fill('{"times": 7}')
    await sheet.getByRole('button', { name: 'Save' }).click()
    await page.getByText('greeted is changed.').waitFor()

    const values = async () =>
      (await site.client.call(listBotData, { params: { botid } })).result.values.map(({ name, json }) => [
        name,
        JSON.parse(json),
      ])
    assert.deepEqual(await values(), [['greeted', { times: 7 }]])
    await undo('greeted is changed.')
    await eventually(async () => assert.deepEqual(await values(), [['greeted', 1]]))
  })

  it('takes back a change of the settings, and leaves what was changed since', async () => {
    const params = { botid }
    const now = async () => {
      const { messages_per_second, chain_cap } = (await site.client.call(getBotSettings, { params })).result
      return { messages_per_second, chain_cap }
    }
    const choose = async (speed: string) => {
      await page.getByRole('button', { name: /Messages a second/ }).click()
      await page.getByRole('option', { name: speed, exact: true }).click()
    }
    await tab('Settings')

    await choose('100')
    await page.getByText('Saved.').waitFor()
    const changed = await now()
    await site.client.call(updateBotSettings, { params, body: { chain_cap: 5 } })
    await undo('Saved.')
    await eventually(async () => assert.deepEqual(await now(), { messages_per_second: 30, chain_cap: 5 }))
    await choose('60')

    assert.deepEqual(changed, { messages_per_second: 100, chain_cap: 3 })
    await eventually(async () => assert.deepEqual(await now(), { messages_per_second: 60, chain_cap: 5 }))
  })

  it('shows a broadcast before it goes out, tries it on one person, and follows it to its end', async () => {
    const query = { timeout_ms: '25000' }
    const user = { id: 4242, first_name: 'Bob' }
    await site.client.call(sendMessage, { params: { botid }, query, body: { text: '/start', user } })
    await tab('Broadcasts')
    await page.getByRole('button', { name: 'New broadcast' }).first().click()
    await sheet.getByText('It goes to 2 people.').waitFor()
    await sheet.getByText('The settings let the bot send 60 messages a second').waitFor()
    await sheet.getByRole('textbox', { name: 'Text' }).fill('Fresh tea, {first_name}')
    await sheet.getByRole('figure').getByText('Fresh tea, Ada').waitFor()
    await sheet.getByRole('textbox', { name: /^Test/ }).fill('1000001')
    await sheet.getByRole('button', { name: 'Send to everybody' }).click()
    await page.getByRole('dialog', { name: 'Send to everybody' }).getByText('2 people get it').waitFor()
    await page
      .getByRole('dialog', { name: 'Send to everybody' })
      .getByRole('button', { name: 'Send to everybody' })
      .click()

    const row = page.getByRole('listitem').filter({ hasText: '2 of 2' })
    await row.getByText('Sent', { exact: true }).waitFor()
    const { broadcasts } = (await site.client.call(listBroadcasts, { params: { botid } })).result
    assert.deepEqual(
      broadcasts.map(({ state, processed, total_success }) => [state, processed, total_success]),
      [['done', 2, 2]],
    )
    await tab('Workshop')
    await chat.getByText('Fresh tea, Ada').first().waitFor()
  })

  it('takes a bot out as a file, and into another one', async () => {
    await tab('Settings')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export', exact: true }).click(),
    ])
    const path = await download.path()
    const exported = Exported.parse(JSON.parse(await readFile(path, 'utf8')))
    const before = await commands()
    assert.deepEqual(Object.fromEntries(exported.commands.map(({ command, code }) => [command, code])), before)

    await go('/bots')
    await page.getByRole('button', { name: 'New bot' }).click()
    await sheet.getByRole('textbox', { name: 'Name' }).fill('The copy')
    await sheet.getByRole('button', { name: 'Make a bot to try' }).click()
    await page.getByRole('heading', { name: 'The copy' }).waitFor()
    const copy = /\/bots\/(\d+)/.exec(page.url())?.[1] ?? ''
    await tab('Settings')
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Import a file' }).click()
    await (await chooser).setFiles({ name: 'bot.json', mimeType: 'application/json', buffer: await readFile(path) })

    await eventually(async () => assert.deepEqual(await commands(copy), before))
  })

  it('makes the capture bot in one press, and a message to it is a card', async () => {
    await go('/bots')
    await page.getByRole('button', { name: 'New bot' }).click()
    await sheet.getByRole('button', { name: 'Make it' }).click()
    await page.waitForURL(/\/bots\/\d+/)
    await chat.getByText(/^You are paired/).waitFor()
    await say('Buy seeds of sweet peas')
    await chat.getByText(/^Saved: Buy seeds of sweet peas/).waitFor()

    const { items } = await site.client.call(listCards, {})
    assert.ok(items.some(({ content }) => content === 'Buy seeds of sweet peas'))
    assert.equal((await site.client.call(listBots, {})).result.length, 4)
  })

  it('fits a phone, where a command is written and tried by touch', async () => {
    await phone.go('/bots')
    await assertFits(phone.page)
    await assertInReach(phone.page.getByRole('button', { name: 'New bot' }))
    await phone.go(`/bots/${botid}/overview`)
    const tabs = phone.page.getByRole('navigation', { name: 'Of this bot' })
    for (const name of ['Overview', 'Users', 'Data', 'Broadcasts', 'Scheduled', 'Tests', 'Errors', 'Settings']) {
      await tabs.getByRole('link', { name }).tap()
      await tabs.locator('[aria-current=page]').filter({ hasText: name }).waitFor()
      await phone.page.locator('main .skeleton').first().waitFor({ state: 'detached' })
      await assertFits(phone.page)
    }
    await phone.go(`/bots/${botid}?command=${encodeURIComponent('/start')}`)
    await phone.page.locator('.cm-content').waitFor()
    await assertFits(phone.page)
    await assertInReach(phone.page.getByRole('button', { name: 'Versions', exact: true }))
    const run = phone.page.getByRole('button', { name: 'Run', exact: true })
    await assertInReach(run)
    await run.tap()
    await phone.page.locator('.sim-chat').getByText('Good morning, Ada.').last().waitFor()
    await assertInReach(phone.page.getByRole('button', { name: 'Send', exact: true }))
    await assertFits(phone.page)
    for (const pane of ['Log', 'Commands', 'Code']) {
      await phone.page.getByRole('group', { name: 'Parts of the workshop' }).getByRole('button', { name: pane }).tap()
      await assertFits(phone.page)
    }
    assert.deepEqual(phone.troubles, [])
  })

  it('breaks nothing', () => {
    assert.deepEqual(troubles, [])
  })
})
