import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createCard, getCard, listCards, searchCards, updateCard } from '../cards/contract.ts'
import { readAgain } from './contract.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const PARAGRAPH =
  'The zabaglione is whisked over steam, patiently, until it holds the mark of the spoon on its surface.'
const ARTICLE = `<title>Plain</title><meta property="og:title" content="Zabaglione &amp; co">
  <meta name="description" content="How it is whisked."><meta property="og:image" content="/picture">
  <link rel="icon" href="/icon.png"><article><p>${PARAGRAPH}</p><p>${PARAGRAPH}</p></article>`

const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

const site: RequestListener = ({ url }, response) => {
  if (url === '/picture' || url === '/icon.png') response.end(PNG)
  else if (url === '/article') response.setHeader('content-type', 'text/html').end(ARTICLE)
  else response.writeHead(404).end()
}

for (const dialect of dialects) {
  describe(`what links lead to (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { FETCH_ALLOW: '127.0.0.1' } })
    const newAda = async () => {
      const ada = await app.account()
      const save = async (url: string) => (await ada.call(createCard, { body: { url } })).cardId
      const look = async (id: string) => {
        const { items } = await ada.call(listCards, { query: { include: 'metadata,processing', limit: 100 } })
        return items.find((item) => item.id === id)
      }
      const settled = async (id: string, state = 'completed') => {
        await eventually(async () => assert.equal((await look(id))?.metadataStatus, state), { deadlineMs: 60_000 })
        return ada.call(getCard, { params: { id } })
      }
      return { app, ada, save, look, settled }
    }

    it('a link gets title, description, picture and icon, and is found by the text of its page', async (t) => {
      const { app, ada, save, look, settled } = await newAda()
      const url = await serve(t, site)

      const card = await settled(await save(`${url}/article`))

      assert.equal(card.metadataTitle, 'Zabaglione & co')
      assert.equal(card.metadataDescription, 'How it is whisked.')
      const { items } = await ada.call(searchCards, { query: { q: 'patiently' } })
      assert.deepEqual(
        items.map(({ id }) => id),
        [card.id],
      )
      const stages = (await look(card.id))?.processingStatus
      assert.equal(stages?.metadata?.status, 'completed')
      assert.equal(stages?.classify?.status, 'completed')
      for (const address of [card.linkPreviewImageUrl]) {
        assert.ok(address !== null)
        assert.ok(address.startsWith(app.url))
        const picture = await fetch(address)
        assert.equal(picture.status, 200)
        assert.match(picture.headers.get('content-type') ?? '', /^image\/(?:png|webp)$/)
        assert.match(picture.headers.get('content-security-policy') ?? '', /sandbox/)
        assert.equal(picture.headers.get('x-content-type-options'), 'nosniff')
        assert.equal((await fetch(address.replace(/expires=\d/, 'expires=9'))).status, 403)
        const known = { headers: { 'if-none-match': picture.headers.get('etag') ?? '' } }
        assert.equal((await fetch(address, known)).status, 304)
      }
    })

    it('a link whose page was not there is read again when that is asked for', async (t) => {
      const { ada, save, look, settled } = await newAda()
      let isThere = false
      const url = await serve(t, (request, response) =>
        isThere ? site(request, response) : response.writeHead(404).end(),
      )
      const id = await save(`${url}/article`)
      await settled(id, 'failed')

      isThere = true
      const asked = await ada.call(readAgain, { params: { id } })

      // It waits for its turn: each card is read once a minute at most.
      assert.equal(asked.metadataStatus, 'pending')
      assert.equal((await look(id))?.metadataStatus, 'pending')
      const unknown = ada.call(readAgain, { params: { id: 'card_x' } })
      await assert.rejects(unknown, { status: 404, code: 'NOT_FOUND' })
    })

    it('a card with a picture is told again to who has it, for the address of the picture runs out', async (t) => {
      const { ada, save, settled } = await newAda()
      const { id } = await settled(await save(`${await serve(t, site)}/article`))
      const etag = (await ada.fetch(`/v1/cards/${id}`)).headers.get('etag') ?? ''

      const again = await ada.fetch(`/v1/cards/${id}`, { headers: { 'if-none-match': etag } })

      assert.equal(again.status, 200)
    })

    it('a page that is not shown is a failure that says why, and nothing waits for it', async (t) => {
      const { save, look, settled } = await newAda()
      const id = await save(`${await serve(t, site)}/missing`)

      await settled(id, 'failed')

      assert.match((await look(id))?.processingStatus?.metadata?.error ?? '', /404/)
    })

    it('a server in trouble is asked again', async (t) => {
      const { save, settled } = await newAda()
      let asked = 0
      const url = await serve(t, (request, response) => {
        asked += 1
        if (asked === 1) response.writeHead(503).end()
        else site(request, response)
      })

      const card = await settled(await save(`${url}/article`))

      assert.equal(card.metadataTitle, 'Zabaglione & co')
    })

    it('a card whose url changed meanwhile is not given what the old page says', async (t) => {
      const { app, ada, save, settled } = await newAda()
      let release = (): void => {}
      const asked = Promise.withResolvers<void>()
      const url = await serve(t, (request, response) => {
        if (request.url !== '/slow') return site(request, response)
        asked.resolve()
        release = () => response.setHeader('content-type', 'text/html').end('<title>Old</title>')
      })
      const id = await save(`${url}/slow`)
      await asked.promise
      await ada.call(updateCard, { params: { id }, body: { url: `${url}/article` } })

      release()

      const { db } = app.app.core.database
      const { number } = await db.selectFrom('cards').select('number').where('id', '=', id).executeTakeFirstOrThrow()
      const waiting = () =>
        db.selectFrom('jobs').select(['state', 'run_at']).where('key', '=', String(number)).execute()
      await eventually(async () => assert.equal((await waiting()).length, 1), { deadlineMs: 30_000 })
      const [job] = await waiting()
      // A card is processed once a minute, so the new page waits for its turn.
      assert.equal(job?.state, 'delayed')
      assert.ok((job?.run_at ?? 0) > Date.now() + 30_000)
      assert.equal((await ada.call(getCard, { params: { id } })).metadataTitle, null)
      await db.updateTable('jobs').set({ state: 'ready', run_at: 0 }).where('key', '=', String(number)).execute()
      assert.equal((await settled(id)).metadataTitle, 'Zabaglione & co')
    })

    it('endless and packed answers are read as far as a page goes', async (t) => {
      const { save, settled } = await newAda()
      const head = '<title>Beginning</title>'
      const url = await serve(t, (request, response) => {
        response.setHeader('content-type', 'text/html')
        if (request.url === '/endless') {
          response.write(head)
          const timer = setInterval(() => response.write(' '.repeat(500_000)), 1)
          response.on('close', () => clearInterval(timer))
        } else if (request.url === '/gzip') {
          response.setHeader('content-encoding', 'gzip').end(gzipSync(head + ' '.repeat(50_000_000)))
        } else if (request.url === '/br') {
          response.setHeader('content-encoding', 'br').end(brotliCompressSync(head + ' '.repeat(10_000_000)))
        } else response.writeHead(404).end()
      })

      const ids = await Promise.all(['endless', 'gzip', 'br'].map((path) => save(`${url}/${path}`)))

      for (const id of ids) assert.equal((await settled(id)).metadataTitle, 'Beginning')
    })

    it('what calls itself a picture and is a program is not kept', async (t) => {
      const { save, settled } = await newAda()
      const url = await serve(t, (request, response) => {
        if (request.url === '/page') {
          const page = '<meta property="og:image" content="/x.png"><link rel="icon" href="/x.ico"><title>T</title>'
          response.setHeader('content-type', 'text/html').end(page)
        } else response.setHeader('content-type', 'image/png').end('<svg onload="alert(1)"/>')
      })

      const card = await settled(await save(`${url}/page`))

      assert.equal(card.metadataTitle, 'T')
      assert.equal(card.linkPreviewImageUrl, null)
    })

    it('a card that was lost is taken up again, and given up when it is lost again and again', async (t) => {
      const { app, ada, save, settled } = await newAda()
      const id = await save(`${await serve(t, site)}/article`)
      await settled(id)
      const { db } = app.app.core.database
      const { number } = await db.selectFrom('cards').select('number').where('id', '=', id).executeTakeFirstOrThrow()
      const lose = (rounds: number) =>
        db
          .updateTable('card_processing')
          .set({ state: 'pending', touched_at: 1, rounds, stages: '{"metadata":{"status":"pending"}}' })
          .where('card_number', '=', number)
          .execute()

      await lose(0)
      await app.app.cards.processing.service.resume()
      await settled(id)
      await lose(3)
      await app.app.cards.processing.service.resume()
      await settled(id, 'failed')

      assert.equal((await ada.call(getCard, { params: { id } })).id, id)
    })

    it('pictures that no card names are swept, and no others', async (t) => {
      const { app, save, settled } = await newAda()
      const card = await settled(await save(`${await serve(t, site)}/article`))
      const { db } = app.app.core.database
      const { number } = await db
        .selectFrom('cards')
        .select('number')
        .where('id', '=', card.id)
        .executeTakeFirstOrThrow()
      const orphan = { id: 'prev_orphan', card_number: number, kind: 'image' as const, media_type: 'image/png' }
      await db
        .insertInto('card_previews')
        .values({ ...orphan, size_bytes: 1, created_at: 1 })
        .execute()

      const swept = await app.app.cards.processing.service.sweepPreviews()

      assert.equal(swept, 1)
      assert.equal((await fetch(card.linkPreviewImageUrl ?? '')).status, 200)
    })
  })
}
