import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { send, sendTogether, statuses, times } from '../../../test/requests.ts'
import { jsonOf, refusalOf } from '../files/testing.ts'
import { BROWSER, change, cookiesOf, movingClock, sharedFile } from './testing.ts'

const Unlocked = z.object({ unlock_token: z.string(), expires_at: z.string() })

for (const dialect of dialects) {
  describe(`passwords of links (${dialect})`, async () => {
    const clock = movingClock()
    const place = await testPlace(dialect)
    const app = await testApp(dialect, { clock, place, settings: { TRUSTED_PROXIES: '127.0.0.1' } })
    after(() => place.remove())
    let addresses = 0
    /** Each test comes from an address of its own. */
    const newAddress = () => {
      addresses += 1
      return { 'x-forwarded-for': `10.1.0.${addresses}` }
    }
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`any:${password}`).toString('base64')}`,
    })
    const contentOf = (token: string, headers: Record<string, string>) => app.fetch(`/s/${token}/content`, { headers })
    const unlock = (token: string, password: string, headers: Record<string, string>) =>
      app.fetch(`/s/${token}/unlock`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ password }),
      })

    it('keep everything back until one is said, and ask for it as programs understand it', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'secret-name.txt', 'secret', { password: 'open sesame' })
      const address = newAddress()

      const program = await contentOf(link.token, address)
      const person = await app.fetch(`/s/${link.token}`, { headers: { ...address, ...BROWSER } })
      const page = await person.text()

      assert.match(program.headers.get('www-authenticate') ?? '', /^Basic /)
      assert.deepEqual(await refusalOf(program), [401, 'share_password_required'])
      assert.equal(person.status, 401)
      assert.doesNotMatch(person.headers.get('www-authenticate') ?? '', /basic/i)
      assert.match(page, new RegExp(`<form method="post" action="/s/${link.token}/unlock">`))
      assert.doesNotMatch(page, /secret/)
    })

    it('can be sent with the request itself', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'secret', { password: 'päss wörd: 1' })
      const address = newAddress()

      const answers = [
        await contentOf(link.token, { ...address, ...basic('päss wörd: 1') }),
        await contentOf(link.token, { ...address, 'x-share-password': 'wrong' }),
        await contentOf(link.token, { ...address, ...basic('wrong') }),
      ]

      assert.deepEqual(
        await Promise.all(answers.map(async (answer) => (answer.ok ? await answer.text() : refusalOf(answer)))),
        ['secret', [401, 'share_password_wrong'], [401, 'share_password_wrong']],
      )
    })

    it('are said once for twelve hours, by a form or a program', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'secret', { password: 'x' })
      const address = newAddress()

      const program = await unlock(link.token, 'x', address)
      const token = Unlocked.parse(await jsonOf(program)).unlock_token
      const form = await app.fetch(`/s/${link.token}/unlock`, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...address, ...BROWSER },
        body: new URLSearchParams({ password: 'x' }),
      })
      const byToken = await contentOf(link.token, { ...address, authorization: `Bearer ${token}` })
      const byCookie = await contentOf(link.token, { ...address, cookie: cookiesOf(form) })
      clock.advance(12.1 * 3_600_000)
      const late = await contentOf(link.token, { ...address, cookie: cookiesOf(form) })

      assert.deepEqual([form.status, form.headers.get('location')], [303, `/s/${link.token}`])
      assert.match(form.headers.get('set-cookie') ?? '', /^latchkey_unlock=.*; HttpOnly; SameSite=Lax; Max-Age=43200$/)
      assert.deepEqual([await byToken.text(), await byCookie.text()], ['secret', 'secret'])
      assert.equal(late.status, 401)
    })

    it('open their own link only, and not after they have changed', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { password: 'x' })
      const { link: other } = await sharedFile(ada, 'b.txt', 'b', { password: 'x' })
      const address = newAddress()
      const bearer = async (token: string) => ({
        ...address,
        authorization: `Bearer ${Unlocked.parse(await jsonOf(await unlock(token, 'x', address))).unlock_token}`,
      })
      const [own, foreign] = [await bearer(link.token), await bearer(other.token)]
      const forged = { ...address, authorization: own.authorization.replace(/\d+\./, '99999999999999.') }

      const before = await contentOf(link.token, own)
      const wrongLink = await contentOf(link.token, foreign)
      const longer = await contentOf(link.token, forged)
      await change(ada, link.id, { password: 'y' })
      const changed = await contentOf(link.token, own)
      const old = await contentOf(link.token, { ...address, 'x-share-password': 'x' })
      const fresh = await contentOf(link.token, { ...address, 'x-share-password': 'y' })

      assert.deepEqual(
        [before, wrongLink, longer, changed, old, fresh].map(({ status }) => status),
        [200, 401, 401, 401, 401, 200],
      )
    })

    it('lock a link for an address after five wrong ones, for a quarter of an hour', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { password: 'x' })
      const { link: other } = await sharedFile(ada, 'b.txt', 'b', { password: 'x' })
      const address = newAddress()
      const guess = (password: string) => ({
        path: `/s/${link.token}/content`,
        headers: { ...address, 'x-share-password': password },
      })

      const guesses = await sendTogether(
        app.url,
        times(12, (index) => guess(`guess ${index}`)),
      )
      const right = await send(app.url, guess('x'))
      const form = await app.fetch(`/s/${link.token}/unlock`, {
        method: 'POST',
        headers: { ...address, ...BROWSER },
        body: new URLSearchParams({ password: 'x' }),
      })
      const elsewhere = await contentOf(link.token, { ...newAddress(), 'x-share-password': 'x' })
      const otherLink = await contentOf(other.token, { ...address, 'x-share-password': 'x' })
      clock.advance(15 * 60_000 + 1000)
      const later = await send(app.url, guess('x'))

      assert.deepEqual(statuses(guesses), { 401: 5, 429: 7 })
      assert.equal(right.status, 429)
      const seconds = Number(right.headers['retry-after'])
      assert.ok(seconds > 800 && seconds <= 900, String(seconds))
      assert.equal(form.status, 429)
      assert.match(await form.text(), /Too many wrong passwords/)
      assert.deepEqual([elsewhere.status, otherLink.status, later.status], [200, 200, 200])
    })

    it('cost who knows them nothing, however many requests come at once', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { password: 'x' })
      const headers = { ...newAddress(), ...basic('x') }

      const answers = await sendTogether(
        app.url,
        times(20, () => ({ path: `/s/${link.token}/content`, headers })),
      )

      assert.deepEqual(statuses(answers), { 200: 20 })
    })

    it('are nowhere to be read, in the database or in what the owner sees', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { password: 'correct horse battery' })

      const { db } = app.app.core.database
      const row = await db.selectFrom('shares').selectAll().where('id', '=', link.id).executeTakeFirstOrThrow()

      assert.equal(link.has_password, true)
      assert.match(row.password_hash ?? '', /^scrypt\$[\w-]{22}\$[\w-]{43}$/)
      assert.doesNotMatch(JSON.stringify([row, link]) + app.log.join(''), /correct horse/)
    })
  })
}
