import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { DEFAULT_SETTINGS, mayRun, parseSettings } from './settings.ts'

describe('settings of a bot', () => {
  it('are the defaults where nothing was ever set: commands win, three in a chain, and no bridge is open', () => {
    assert.deepEqual(parseSettings('{}'), DEFAULT_SETTINGS)
    assert.deepEqual(DEFAULT_SETTINGS, {
      default_parse_mode: null,
      commands_always_win: true,
      chain_cap: 3,
      messages_per_second: 30,
      receives_by: 'polling',
      token_visible: false,
      cards_bridge: false,
      files_bridge: false,
      admins: [],
    })
  })

  it('let only administrators run what is for them', () => {
    assert.equal(mayRun({ admins: [] }, { adminOnly: false }, null), true)
    assert.equal(mayRun({ admins: [5] }, { adminOnly: true }, 5), true)
    assert.equal(mayRun({ admins: [5] }, { adminOnly: true }, 6), false)
    assert.equal(mayRun({ admins: [5] }, { adminOnly: true }, null), false)
    assert.equal(mayRun({ admins: [] }, { adminOnly: true }, 5), false)
  })
})

for (const dialect of dialects) {
  describe(`settings (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are changed one by one, also at once, and stay otherwise', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)
      const path = `/v2/bots/${botid}/settings`
      const patch = (body: object) => v2(ada, 'PATCH', path, body)

      await Promise.all([
        patch({ default_parse_mode: 'HTML' }),
        patch({ chain_cap: 5 }),
        patch({ admins: [5, 6], receives_by: 'webhook' }),
        patch({ token_visible: true, cards_bridge: true }),
      ])
      await patch({ default_parse_mode: null, files_bridge: true })
      const body = new URLSearchParams({ chain_cap: '7', commands_always_win: 'false' })
      const byForm = await ada.fetch(path, { method: 'PATCH', body })

      assert.equal(byForm.status, 200)
      const changed = { chain_cap: 7, commands_always_win: false, admins: [5, 6], receives_by: 'webhook' }
      const open = { token_visible: true, cards_bridge: true, files_bridge: true }
      assert.deepEqual(seen(await v2(ada, 'GET', path)), ok({ result: { ...DEFAULT_SETTINGS, ...changed, ...open } }))
    })

    it('are refused where they make no sense', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)
      const path = `/v2/bots/${botid}/settings`

      for (const body of [
        { default_parse_mode: 'html' },
        { chain_cap: 0 },
        { chain_cap: 51 },
        { receives_by: 'pigeon' },
        { token_visible: 'maybe' },
        { admins: ['5'] },
        { admins: [0] },
        { admins: Array.from({ length: 101 }, (_, n) => n + 1) },
      ])
        assert.equal((await v2(ada, 'PATCH', path, body)).status, 400, JSON.stringify(body))
      assert.deepEqual(seen(await v2(ada, 'GET', path)), ok({ result: DEFAULT_SETTINGS }))
    })
  })
}
