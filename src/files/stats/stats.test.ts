import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addAccount } from '../../../test/account-row.ts'
import { testApp } from '../../../test/app.ts'
import { dialects, testDatabase } from '../../../test/database.ts'
import { deactivateShares, getFile } from '../files/contract.ts'
import { putFile } from '../files/testing.ts'
import { getStats } from './contract.ts'
import { accountCounters } from './counters.ts'
import { sizeText } from './size-text.ts'

const NOTHING = {
  totalFiles: 0,
  totalSizeBytes: 0,
  totalSizeFormatted: '0 B',
  totalDownloads: 0,
  activeShareLinks: 0,
}

for (const dialect of dialects) {
  describe(`stats (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('have exactly the published members, from the first call on', async () => {
      const ada = await app.account({ scopes: ['folders:manage'] })

      const stats = await (await ada.fetch('/api/v1/stats')).json()

      assert.deepEqual(stats, NOTHING)
    })

    it('follow every change at once', async () => {
      const ada = await app.account()
      await ada.call(getStats)

      const seen = []
      for (const name of ['a', 'b', 'a']) {
        await putFile(ada, name, 'x'.repeat(700))
        seen.push(await ada.call(getStats))
      }

      assert.deepEqual(
        seen.map(({ totalFiles, totalSizeBytes, totalSizeFormatted }) => [
          totalFiles,
          totalSizeBytes,
          totalSizeFormatted,
        ]),
        [
          [1, 700, '700 B'],
          [2, 1400, '1.4 KB'],
          [2, 1400, '1.4 KB'],
        ],
      )
    })

    it('lose a share link when it is disabled, once', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const file = await putFile(ada, 'a.txt', 'a')
      await app.app.files.counters.change(ada.id, async (tx) => {
        for (const number of [1, 2])
          await tx
            .insertInto('shares')
            .values(share(ada.id, file.id, number))
            .execute()
        return { result: undefined, add: { shareLinks: 2 } }
      })
      const shared = await ada.call(getFile, { params: { id: file.id } })
      const before = await ada.call(getStats)

      const first = await ada.fetch(`/api/v1/files/${file.id}`, { method: 'DELETE' })
      const second = await ada.call(deactivateShares, { params: { id: file.id } })

      assert.deepEqual(shared.share, {
        url: `${app.url}/s/token-${file.id}-2`,
        expires_at: null,
        max_downloads: 5,
        downloads: 0,
        has_password: false,
      })
      assert.deepEqual(await first.json(), { success: true, message: 'Share link deactivated', deactivated: 1 + 1 })
      assert.equal(second.deactivated, 0)
      assert.deepEqual([before.activeShareLinks, (await ada.call(getStats)).activeShareLinks], [2, 0])
      assert.equal((await ada.call(getFile, { params: { id: file.id } })).share, null)
      assert.deepEqual(await bob.call(getStats), NOTHING)
    })
  })

  describe(`counters (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are answered without a query once they are known, where no other process writes', async () => {
      const ada = await app.account()
      const { counters } = app.app.files
      await counters.stats(ada.id)

      const answer = counters.stats(ada.id)

      assert.equal(answer instanceof Promise, dialect === 'postgres')
      await answer
    })

    it('hold every download that was counted, however saving and counting meet', async () => {
      const ada = await app.account()
      const counters = accountCounters(app.app.core.database)

      const saves = []
      for (let number = 0; number < 50; number += 1) {
        counters.countDownload(ada.id)
        if (number % 7 === 0) saves.push(counters.save())
        if (number % 5 === 0) await counters.stats(ada.id)
      }
      await Promise.all(saves)
      const { totalDownloads } = await counters.stats(ada.id)
      await counters.save()

      const row = await accountCounters(app.app.core.database).stats(ada.id)
      assert.deepEqual([totalDownloads, row.totalDownloads], [50, 50])
    })

    it('stay as they were when a change fails', async () => {
      const ada = await app.account()
      const { counters } = app.app.files

      const failed = counters.change(ada.id, async (tx) => {
        await tx.deleteFrom('file_counters').where('account_id', '=', ada.id).execute()
        throw new Error('no')
      })

      await assert.rejects(failed, { message: 'no' })
      assert.deepEqual(await ada.call(getStats), NOTHING)
    })

    it('take changes that are made at once one by one: what fails takes no other along', async () => {
      const ada = await app.account()
      const { counters } = app.app.files

      const changes = await Promise.allSettled(
        Array.from({ length: 9 }, (_, number) =>
          counters.change(ada.id, async (_tx, before) => {
            if (number % 3 === 2) throw new Error('no')
            return { result: before.files, add: { files: 1 } }
          }),
        ),
      )

      const seen = changes.map((change) => (change.status === 'fulfilled' ? change.value : undefined))
      assert.deepEqual(seen.filter((files) => files !== undefined).toSorted(), [0, 1, 2, 3, 4, 5])
      assert.equal(seen.filter((files) => files === undefined).length, 3)
      assert.equal((await ada.call(getStats)).totalFiles, 6)
    })

    it('keep the newest figures when an older reading comes late', async () => {
      const database = await testDatabase(dialect)
      await addAccount(database.db, { id: 'acc_late' })
      const counters = accountCounters(database)

      const [early] = await Promise.all([
        counters.stats('acc_late'),
        counters.change('acc_late', async () => ({ result: undefined, add: { files: 1, sizeBytes: 10 } })),
      ])

      assert.ok(early.totalFiles <= 1)
      assert.equal((await counters.stats('acc_late')).totalFiles, 1)
    })
  })
}

const share = (accountId: string, fileId: string, number: number) => ({
  id: `share_${fileId}_${number}`,
  account_id: accountId,
  file_id: fileId,
  folder_id: null,
  token: `token-${fileId}-${number}`,
  password_hash: null,
  password_version: 0,
  disposition: 'inline',
  expires_at: null,
  max_downloads: 5,
  downloads: 0,
  created_at: number,
  disabled_at: null,
})

describe('the text of a size', () => {
  it('counts in 1024, with one decimal above a kilobyte', () => {
    const sizes = [0, 512, 1023, 1024, 1536, 1024 ** 2 - 1, 1024 ** 2, 5_368_709_120, 1024 ** 4, 1024 ** 5 * 3000]

    assert.deepEqual(sizes.map(sizeText), [
      '0 B',
      '512 B',
      '1023 B',
      '1.0 KB',
      '1.5 KB',
      '1.0 MB',
      '1.0 MB',
      '5.0 GB',
      '1.0 TB',
      '3000.0 PB',
    ])
  })
})
