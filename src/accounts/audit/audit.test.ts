import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { dialects } from '../../../test/database.ts'
import { sessionOf } from '../../../test/surfaces/people.ts'
import { probeServer } from '../../../test/surfaces/probe-server.ts'

for (const dialect of dialects) {
  describe(`the audit log (${dialect})`, async () => {
    const shared = await probeServer(dialect)
    const start = async (server = shared) => {
      const ada = await server.account()
      const { keys, audit } = server.core.accounts
      for (let count = 0; count < 3; count += 1) await keys.create(ada.id, 'test', { kind: 'cards' })
      return { server, ada, db: server.core.database.db, audit }
    }
    const dropTriggers = dialect === 'sqlite' ? ['drop trigger audit_log_no_update', 'drop trigger audit_log_no_delete'] : ['drop trigger audit_log_no_change on audit_log'] // biome-ignore format: a table

    it('is written with each change and shown to its owner, newest first', async () => {
      const { server, ada } = await start()
      const cookie = await sessionOf(server, ada.email)
      const read = async (query: string) =>
        JSON.parse((await server.send({ path: `/api/audit-log${query}`, headers: [`Cookie: ${cookie}`] })).body)

      const first = await read('?limit=2')
      const rest = await read(`?limit=200&before=${first.next_before}`)

      const actions = [...first.entries, ...rest.entries].map(({ action }) => action)
      assert.deepEqual(actions, ['session.started', 'key.created', 'key.revoked', 'key.created', 'key.revoked', 'key.created', 'key.created', 'account.created']) // biome-ignore format: a list
      assert.equal(rest.next_before, null)
    })

    it('is filtered by what was done, by whom and when', async () => {
      const { server, ada } = await start()
      const cookie = await sessionOf(server, ada.email)
      const actions = async (query: string): Promise<string[]> => {
        const { body } = await server.send({ path: `/api/audit-log${query}`, headers: [`Cookie: ${cookie}`] })
        return JSON.parse(body).entries.map(({ action }: { action: string }) => action)
      }

      assert.deepEqual(await actions('?action=key.revoked'), ['key.revoked', 'key.revoked'])
      assert.deepEqual(new Set(await actions('?action=key')), new Set(['key.created', 'key.revoked']))
      assert.deepEqual(await actions('?action=ke'), [])
      assert.deepEqual(await actions(`?actor=nobody`), [])
      assert.deepEqual(await actions('?since=2999-01-01T00:00:00Z'), [])
      assert.deepEqual(await actions('?until=2000-01-01T00:00:00Z'), [])
      assert.equal((await actions('?since=2000-01-01T00:00:00Z&limit=1')).length, 1)
    })

    it('shows nothing of another account', async () => {
      const { server, ada } = await start()
      const eve = await server.account()
      const cookie = await sessionOf(server, eve.email)

      const { body } = await server.send({ path: '/api/audit-log', headers: [`Cookie: ${cookie}`] })

      assert.ok(!body.includes(ada.id))
    })

    it('cannot be changed, shortened or emptied', async () => {
      const { db } = await start()

      await assert.rejects(
        db.updateTable('audit_log').set({ actor: 'nobody' }).where('seq', '=', 2).execute(),
        /append-only/,
      )
      await assert.rejects(db.deleteFrom('audit_log').where('seq', '=', 2).execute(), /append-only/)
      await assert.rejects(db.deleteFrom('audit_log').execute(), /append-only/)
      if (dialect === 'postgres') await assert.rejects(sql`truncate audit_log`.execute(db), /append-only/)
    })

    for (const [name, tamper, at] of [
      ['an entry is edited', sql`update audit_log set actor = 'nobody' where seq = 3`, 3],
      ['an entry is given to somebody else', sql`update audit_log set account_id = 'acct_other' where seq = 2`, 2],
      ['an entry is taken out', sql`delete from audit_log where seq = 3`, 4],
      ['the first entry is taken out', sql`delete from audit_log where seq = 1`, 2],
    ] as const) {
      it(`shows the place when ${name} by other means`, async () => {
        const { db, audit } = await start(await probeServer(dialect))
        assert.equal(await audit.firstBreak(db), undefined)
        for (const statement of dropTriggers) await sql.raw(statement).execute(db)

        await tamper.execute(db)

        assert.equal(await audit.firstBreak(db), at)
      })
    }

    it('stays one chain under changes at the same time', async () => {
      const { server, db, audit } = await start()
      const people = [await server.account(), await server.account(), await server.account()]

      await Promise.all(
        people.flatMap(({ id }) =>
          Array.from({ length: 15 }, () => server.core.accounts.keys.create(id, 'test', { kind: 'files' })),
        ),
      )

      assert.equal(await audit.firstBreak(db), undefined)
    })

    it('holds no secret', async () => {
      const { ada, db } = await start()

      const rows = await db.selectFrom('audit_log').selectAll().execute()

      const text = JSON.stringify(rows.map(({ hash: _, previous_hash: __, ...row }) => row))
      assert.ok(!text.includes(ada.key.slice(12)) && !text.includes('argon2'))
    })
  })
}
