import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { dialects } from '../../../test/database.ts'
import { sessionOf } from '../../../test/surfaces/people.ts'
import { movableClock, probeServer, SURFACES } from '../../../test/surfaces/probe-server.ts'

const newHwid = () => randomBytes(32).toString('hex')

for (const dialect of dialects) {
  describe(`devices (${dialect})`, async () => {
    const clock = movableClock()
    const server = await probeServer(dialect, { clock })
    const ada = await server.account()
    const cookie = async () => `Cookie: ${await sessionOf(server, ada.email)}`
    const call = async (method: string, path: string, headers: readonly string[], body?: unknown) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const answer = await server.send({
        method,
        path,
        headers: ['Content-Type: application/json', ...headers],
        ...json,
      })
      return { status: answer.status, json: JSON.parse(answer.body) }
    }
    const pairingCode = async () =>
      String((await call('POST', '/api/devices/pairing-codes', [await cookie()])).json.pairing_code)
    const enrol = (hwid: unknown, code: string, name = 'Desktop') =>
      call('POST', '/api/devices', [], { hwid, name, pairing_code: code })
    const makeKey = (hwid: string) =>
      call('POST', '/api/apikeys', [`X-HWID: ${hwid}`], { name: 'My Integration', permissions: ['files:read'] })

    it('are enrolled with a code and then make keys with their HWID alone', async () => {
      const hwid = newHwid()
      assert.equal((await makeKey(hwid)).status, 401)

      assert.equal((await enrol(hwid, await pairingCode())).status, 201)

      const { status, json } = await makeKey(hwid)
      assert.equal(status, 201)
      assert.match(json.key, /^tk_live_[0-9A-Za-z]{36}$/)
      assert.equal((await server.send({ path: SURFACES.files.base, headers: [`X-API-Key: ${json.key}`] })).status, 200)
      assert.equal((await call('GET', '/api/apikeys', [`X-HWID: ${hwid}`])).status, 200)
      assert.equal((await call('DELETE', `/api/apikeys/${json.id}`, [`X-HWID: ${hwid}`])).status, 200)
      assert.equal((await server.send({ path: SURFACES.files.base, headers: [`X-API-Key: ${json.key}`] })).status, 401)
    })

    it('reach nothing else with it', async () => {
      const hwid = newHwid()
      await enrol(hwid, await pairingCode())

      for (const path of [
        SURFACES.files.base,
        SURFACES.bots.base,
        SURFACES.cards.base,
        '/api/keys',
        '/api/sessions',
        '/api/audit-log',
      ])
        assert.equal((await call('GET', path, [`X-HWID: ${hwid}`])).status, 401, path)
    })

    it('use a code once, within 10 minutes, in either case of its letters', async () => {
      const code = await pairingCode()
      const both = await Promise.all([enrol(newHwid(), ` ${code.toLowerCase()} `), enrol(newHwid(), code)])
      assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 400])
      const late = await pairingCode()
      clock.advance(10 * 60_000)

      assert.equal((await enrol(newHwid(), late)).json.code, 'code_invalid')
      assert.equal((await enrol(newHwid(), 'AAAAAAAA')).json.code, 'code_invalid')
    })

    it('need a HWID that nobody guesses, and a code survives one that is refused', async () => {
      const code = await pairingCode()
      for (const hwid of [
        '',
        'C02XL0GTJGH5',
        'x'.repeat(31),
        'x'.repeat(257),
        'x y'.repeat(20),
        'é'.repeat(40),
        `${'x'.repeat(40)}\u0000`,
        7,
        null,
        [newHwid()],
      ])
        assert.equal((await enrol(hwid, code)).status, 400, JSON.stringify(hwid))

      assert.equal((await enrol(newHwid(), code)).status, 201)
    })

    it('belong to one account, and a HWID that is taken costs the code nothing', async () => {
      const hwid = newHwid()
      await enrol(hwid, await pairingCode())
      const code = await pairingCode()

      assert.equal((await enrol(hwid, code)).json.code, 'device_enrolled')
      assert.equal((await enrol(newHwid(), code)).status, 201)
    })

    it('authenticate no more once removed, and only their owner removes them', async () => {
      const hwid = newHwid()
      const { json } = await enrol(hwid, await pairingCode())
      const eve = `Cookie: ${await sessionOf(server, (await server.account()).email)}`

      assert.equal((await call('DELETE', `/api/devices/${json.id}`, [eve])).status, 404)
      assert.equal((await makeKey(hwid)).status, 201)
      assert.equal((await call('DELETE', `/api/devices/${json.id}`, [await cookie()])).status, 200)
      assert.equal((await makeKey(hwid)).status, 401)
      assert.equal((await call('DELETE', `/api/devices/${json.id}`, [await cookie()])).status, 404)
    })

    it('send one HWID, and a wrong one never falls back to a cookie', async () => {
      const hwid = newHwid()
      await enrol(hwid, await pairingCode())
      const list = async (headers: readonly string[]) => (await call('GET', '/api/apikeys', headers)).status

      assert.equal(await list([`X-HWID: ${hwid}`, `X-HWID: ${hwid}`]), 200)
      assert.equal(await list([`X-HWID: ${hwid}`, `X-HWID: ${newHwid()}`]), 400)
      assert.equal(await list([`X-HWID: ${newHwid()}`, await cookie()]), 401)
    })
  })
}
