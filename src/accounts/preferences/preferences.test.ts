import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createClient } from '../../client/index.ts'
import { deleteAccount } from '../users/contract.ts'
import { changePreferences, getPreferences } from './contract.ts'

const NEVER_CHOSEN = {
  theme: null,
  contrast: null,
  language: null,
  letter_keys: null,
  files_view: null,
  cards_view: null,
  first_steps: null,
}

for (const dialect of dialects) {
  describe(`preferences (${dialect})`, async () => {
    const app = await testApp(dialect)
    const { db } = app.app.core.database
    const person = async () => {
      const account = await app.account()
      const browser = createClient({ baseUrl: app.url, headers: { cookie: await account.signIn() } })
      return { account, browser }
    }

    it('are null until they are chosen, and each account has its own', async () => {
      const [ada, bob] = [await person(), await person()]

      const { preferences } = await ada.browser.call(changePreferences, { body: { theme: 'dark', letter_keys: false } })

      assert.deepEqual(preferences, { ...NEVER_CHOSEN, theme: 'dark', letter_keys: false })
      assert.deepEqual((await ada.account.call(getPreferences)).preferences, preferences)
      assert.deepEqual((await bob.browser.call(getPreferences)).preferences, NEVER_CHOSEN)
    })

    it('keep what a change does not name, and forget what it calls null', async () => {
      const { browser } = await person()
      await browser.call(changePreferences, { body: { theme: 'dark', language: 'ru', files_view: 'grid' } })

      const { preferences } = await browser.call(changePreferences, { body: { theme: 'light', language: null } })

      assert.deepEqual(preferences, { ...NEVER_CHOSEN, theme: 'light', files_view: 'grid' })
    })

    it('chosen by two browsers at once are all kept', async () => {
      const { browser } = await person()
      const changes = [{ theme: 'dark' }, { language: 'ru' }, { files_view: 'grid' }, { cards_view: 'list' }] as const

      await Promise.all(changes.map((body) => browser.call(changePreferences, { body })))

      assert.deepEqual((await browser.call(getPreferences)).preferences, Object.assign({}, NEVER_CHOSEN, ...changes))
    })

    it('take no name and no value that they do not have', async () => {
      const { browser, account } = await person()
      const change = (body: unknown) => browser.call(changePreferences, { body: body as never })

      await assert.rejects(change({ theme: 'pink' }), { status: 400 })
      await assert.rejects(change({ colour: 'pink' }), { status: 400 })
      await assert.rejects(account.call(changePreferences, { body: { theme: 'dark' } }), { status: 403 })
      assert.deepEqual((await browser.call(getPreferences)).preferences, NEVER_CHOSEN)
    })

    it('of another version count as never chosen', async () => {
      const { account, browser } = await person()
      const kept = { account_id: account.id, value: '"sepia"' }
      await db
        .insertInto('account_preferences')
        .values([
          { ...kept, name: 'theme' },
          { ...kept, name: 'density' },
        ])
        .execute()

      assert.deepEqual((await browser.call(getPreferences)).preferences, NEVER_CHOSEN)
    })

    it('end with the account', async () => {
      const { account, browser } = await person()
      await browser.call(changePreferences, { body: { theme: 'dark' } })

      await browser.call(deleteAccount, { body: { password: account.password } })

      const left = await db.selectFrom('account_preferences').selectAll().where('account_id', '=', account.id).execute()
      assert.deepEqual(left, [])
    })
  })
}
