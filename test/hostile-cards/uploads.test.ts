import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createCard, searchCards } from '../../src/cards/cards/contract.ts'
import { listTags } from '../../src/cards/tags/contract.ts'
import { uploadFile } from '../../src/cards/testing.ts'
import { type TestAccount, testApp } from '../app.ts'
import { type Bomb, documents, pictures } from './bombs.ts'
import { type SettledCard, settleAll } from './cards.ts'
import { watchChildren } from './children.ts'

// Files that are made to fill a memory, to never come to an end, or to be read as something else. Each is uploaded as
// people upload, and processed by the job.

const MEGABYTE = 1024 * 1024
/** What ends the parser, and what it may come to between two looks of its watchman. */
const PARSER_BYTES = 1024 * MEGABYTE
/** The memory of the decoders, and the process around it. */
const IMAGES_BYTES = 1800 * MEGABYTE

const upload = async (ada: TestAccount, { name, type, bytes }: Bomb): Promise<string> =>
  (await ada.call(createCard, { body: await uploadFile(ada, name, Uint8Array.from(bytes), type) })).cardId

/** Asks for something else all the time, as a neighbour would. */
const neighbour = (eve: TestAccount) => {
  let isOver = false
  let answers = 0
  let slowestMs = 0
  const asking = (async () => {
    while (!isOver) {
      const startedAt = performance.now()
      await eve.call(listTags)
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
      answers += 1
      await wait(10)
    }
  })()
  return {
    async stop() {
      isOver = true
      await asking
      return { answers, slowestMs: Math.round(slowestMs) }
    },
  }
}

describe('files of somebody hostile', async () => {
  const app = await testApp('sqlite', { processing: { paceMs: 0, documentMs: 3_000 } })

  const judge = async (ada: TestAccount, bombs: readonly Bomb[]): Promise<[name: string, card: SettledCard][]> => {
    const ids = new Map<string, string>()
    for (const bomb of bombs) ids.set(await upload(ada, bomb), bomb.name)
    const cards = await settleAll(app, ada)
    return [...ids].map(([id, name]) => [name, cards.get(id) ?? assert.fail(name)])
  }

  for (const [kind, make] of Object.entries({ documents, pictures }))
    it(`${kind}: each card is settled with a reason, in bounded memory, and neighbours are answered`, async (t) => {
      const [ada, eve] = [await app.account(), await app.account()]
      const bombs = make()
      const [memory, others] = [watchChildren(), neighbour(eve)]

      const settled = await judge(ada, bombs)

      const { answers, slowestMs } = await others.stop()
      memory.stop()
      const { parser, images } = memory.peaks()
      for (const [name, { state, reason, pictureReason }] of settled)
        assert.doesNotMatch(`${reason} ${pictureReason}`, /log of the server/, `${name}: ${state}`)
      assert.ok(parser < PARSER_BYTES && images < IMAGES_BYTES, `${parser} and ${images} bytes`)
      assert.ok(answers > settled.length)
      // Nothing that a document refers to, such as /etc/passwd, has become text of it.
      assert.deepEqual((await ada.call(searchCards, { query: { q: 'root' } })).items, [])
      t.diagnostic(
        `${settled.length} files; most memory: parser ${Math.round(parser / MEGABYTE)} MiB, ` +
          `images ${Math.round(images / MEGABYTE)} MiB; ${answers} other requests, the slowest ${slowestMs} ms`,
      )
    })
})
