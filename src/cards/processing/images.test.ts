import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard, getCard, listCards } from '../cards/contract.ts'
import { eventually, uploadFile } from '../testing.ts'

const WIDTH = 900
const HEIGHT = 600

/** A picture in halves of red and blue, as an uncompressed BMP. */
const redAndBlue = (): Uint8Array<ArrayBuffer> => {
  const file = Buffer.alloc(54 + WIDTH * HEIGHT * 3)
  file.write('BM', 0, 'latin1')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(WIDTH, 18)
  file.writeInt32LE(HEIGHT, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  for (let at = 54; at < file.length; at += 3) file[at + (((at - 54) / 3) % WIDTH < WIDTH / 2 ? 2 : 0)] = 255
  return Uint8Array.from(file)
}

const finished = async (ada: TestAccount, id: string): Promise<string | undefined> => {
  let state: string | undefined
  await eventually(async () => {
    const { items } = await ada.call(listCards, { query: { include: 'processing' } })
    state = items.find((item) => item.id === id)?.processingStatus?.renderables?.status
    return state === 'completed' || state === 'failed'
  })
  return state
}

for (const dialect of dialects) {
  describe(`image cards (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('get a small picture of the file, at an address of ours', async () => {
      const ada = await app.account()
      const file = await uploadFile(ada, 'halves.bmp', redAndBlue(), 'image/bmp')

      const { card } = await ada.call(createCard, { body: file })
      const state = await finished(ada, card.id)

      const { thumbnailUrl } = await ada.call(getCard, { params: { id: card.id } })
      const picture = await fetch(thumbnailUrl ?? '')
      assert.equal(state, 'completed')
      assert.equal(new URL(thumbnailUrl ?? '').origin, app.url)
      assert.equal(picture.headers.get('content-type'), 'image/webp')
      assert.ok(Number(picture.headers.get('content-length')) < file.fileSize / 10)
    })

    it('are found by their colours', async () => {
      const ada = await app.account()
      const file = await uploadFile(ada, 'halves.bmp', redAndBlue(), 'image/bmp')
      const { card } = await ada.call(createCard, { body: file })
      await finished(ada, card.id)

      const found = async (q: string) => (await ada.call(listCards, { query: { q } })).items.map(({ id }) => id)

      assert.deepEqual(await found('color:#ff0000'), [card.id])
      assert.deepEqual(await found('color:#00ff00'), [])
    })

    it('whose file is none say that it failed, and keep it', async () => {
      const ada = await app.account()
      const bytes = Uint8Array.from(Buffer.from('not really an image'))
      const { card } = await ada.call(createCard, { body: await uploadFile(ada, 'broken.png', bytes, 'image/png') })

      const state = await finished(ada, card.id)

      const { thumbnailUrl, fileUrl } = await ada.call(getCard, { params: { id: card.id } })
      assert.deepEqual([state, thumbnailUrl], ['failed', null])
      assert.equal(await (await fetch(fileUrl ?? '')).text(), 'not really an image')
    })
  })
}
