import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { listCommands } from '../commands/contract.ts'
import { ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { createSnapshot, listSnapshots } from './contract.ts'

for (const dialect of dialects) {
  describe(`snapshots (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('bring all commands back at once as they were, and send the others to the trash', async () => {
      const ada = await app.account()
      const { botid, params } = await simulatedBot(ada, { '/a': 'one', '/b': 'two' })
      const path = `/v2/bots/${botid}`
      const all = async () =>
        (await ada.call(listCommands, { params })).commands.map(({ command, code, pinned }) => [command, code, pinned])
      const before = await all()
      const { result: snapshot } = await ada.call(createSnapshot, { params, body: { name: ' before the sale ' } })
      await v2(ada, 'PUT', `${path}/commands/L2E=`, { code: 'changed', pinned: true })
      await v2(ada, 'DELETE', `${path}/commands/L2I=`)
      await v2(ada, 'POST', `${path}/commands`, { command: '/new', code: '' })

      const restored = await v2(ada, 'POST', `${path}/snapshots/${snapshot.id}/restore`)

      assert.deepEqual(seen(restored), ok({ result: 'Snapshot restored successfully' }))
      assert.deepEqual(await all(), before)
      const trash = (await v2(ada, 'GET', `${path}/trash`)).body as { result: { command: string }[] }
      assert.deepEqual(trash.result.map(({ command }) => command).sort(), ['/b', '/new'])
      assert.deepEqual([snapshot.name, snapshot.commands], ['before the sale', 2])
    })

    it('are listed, deleted and thirty at most', async () => {
      const ada = await app.account()
      const { botid, params } = await simulatedBot(ada)
      const path = `/v2/bots/${botid}/snapshots`
      const names = Array.from({ length: 30 }, (_, n) => `s${n}`)
      for (const name of names) await ada.call(createSnapshot, { params, body: { name } })

      const refused = await v2(ada, 'POST', path, { name: 'one more' })
      const { result: listed } = await ada.call(listSnapshots, { params })
      const deleted = await v2(ada, 'DELETE', `${path}/${listed[0]?.id}`)
      const again = await v2(ada, 'POST', `${path}/${listed[0]?.id}/restore`)

      assert.equal(refused.status, 403)
      assert.deepEqual(listed.map(({ name }) => name), names.toReversed()) // biome-ignore format: one line
      assert.equal(deleted.status, 200)
      assert.deepEqual([again.status, (again.body as { code: string }).code], [404, 'snapshot_not_found'])
    })
  })
}
