import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { dialects, emptyPlace } from '../../test/database.ts'
import { cardService } from '../cards/cards/service.ts'
import { cardIndex, reindexCards } from '../cards/search/index.ts'
import { INDEX_VERSION } from '../cards/search/indexing.ts'
import { systemClock } from '../platform/clock.ts'
import { migrate, openDatabase } from '../platform/db/index.ts'
import { cardSearchByAccount } from './0027-card-search.ts'
import { migrations } from './index.ts'

const OLD_CARDS = 5000

for (const dialect of dialects) {
  describe(`the step to an index by account (${dialect})`, () => {
    it('indexes all cards anew, and keeps their order with those that come meanwhile', async () => {
      const place = await emptyPlace(dialect)
      const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: false })
      after(async () => {
        await database.close()
        await place.remove()
      })
      const { db } = database
      const at = migrations.indexOf(cardSearchByAccount)
      const [before, since] = [migrations.slice(0, at), migrations.slice(at)]
      await migrate(database, before, 1)
      for (const id of ['acc_1', 'acc_2'])
        await sql`insert into accounts (id, email, email_key, password_hash, token_version, plan_id, is_admin, status, created_at)
          values (${id}, '', ${id}, '', 0, 'selfhost', 0, 'active', 0)`.execute(db)
      await sql`with recursive counted (n) as (select 1 union all select n + 1 from counted where n < ${OLD_CARDS})
        insert into cards (id, account_id, type, content, created_at, updated_at)
        select 'card_' || cast(n as text), case when n % 50 = 0 then 'acc_2' else 'acc_1' end, 'text',
          'soup ' || cast(n as text), n, n from counted`.execute(db)
      await sql`insert into card_texts (card_number, account_id, version) select number, account_id, 1 from cards`.execute(
        db,
      )

      const applied = await migrate(database, migrations, 2)

      assert.deepEqual(
        applied,
        since.map(({ id }) => id),
      )
      // The last of them are enough here: they are in the second block, and the new card comes behind them.
      await sql`update card_texts set version = ${INDEX_VERSION} where card_number < ${OLD_CARDS - 200}`.execute(db)
      const index = cardIndex(dialect)
      const cards = cardService({ database, index, clock: systemClock })
      await cards.create('acc_1', { content: 'soup today' })
      await reindexCards(database, index, new AbortController().signal)
      const found = async (accountId: string, q: string) =>
        (await cards.find(accountId, { q, limit: 3 } as Parameters<typeof cards.find>[1])).items.map(
          ({ content }) => content,
        )
      assert.deepEqual(await found('acc_1', '"soup"'), ['soup today', 'soup 4999', 'soup 4998'])
      assert.deepEqual(await found('acc_2', 'soup 4950'), ['soup 4950'])
      assert.deepEqual(await found('acc_1', 'soup 4950'), [])
    })
  })
}
