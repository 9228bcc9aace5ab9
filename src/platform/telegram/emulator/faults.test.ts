import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ada, emulatorWithBot } from './fixture.ts'
import { STRICT } from './flood.ts'
import { startEmulator } from './server.ts'

describe('emulator: troubles', () => {
  const badGateway = { errorCode: 502, description: 'Bad Gateway' }

  it('fails the nth call of a method, and only that', async () => {
    const { emulator, request } = emulatorWithBot()
    emulator.failNth('getMe', 3, badGateway)

    const statuses: number[] = []
    for (let n = 0; n < 4; n++) statuses.push((await request('getMe')).status)

    assert.deepEqual(statuses, [200, 200, 502, 200])
  })

  it('fails a burst of calls of any method', async () => {
    const { emulator, request } = emulatorWithBot()
    emulator.failNext('*', badGateway, 2)

    const statuses: number[] = []
    for (const method of ['getMe', 'getChat', 'getMe']) statuses.push((await request(method)).status)

    assert.deepEqual(statuses, [502, 502, 200])
  })

  it('lets the clock jump: windows end, links and updates grow old', async () => {
    const { emulator, call, request } = emulatorWithBot({ flood: STRICT })
    const send = async () => (await request('sendMessage', { chat_id: ada.id, text: 'hi' })).status
    for (let n = 0; n < 5; n++) await send()
    assert.equal(await send(), 429)

    emulator.jumpClock(86_400)

    assert.equal(await send(), 200)
    assert.deepEqual(await call('getUpdates'), [])
  })

  it('paces uploads where flood control is strict, and not otherwise', async () => {
    const statusesWith = async (flood: object) => {
      const { emulator, apiRoot, close } = await startEmulator({ timeScale: 0.001, ...flood })
      const bot = emulator.addBot({ username: 'echo_bot', firstName: 'Echo' })
      const chats = Array.from({ length: 9 }, (_, n) => ({ id: -4001 - n, type: 'group', title: 'Club' }) as const)
      for (const chat of chats) emulator.openChat({ botId: bot.id, user: ada, chat })
      const upload = async (chat_id: number) => {
        const body = new FormData()
        body.set('chat_id', `${chat_id}`)
        body.set('document', new Blob([new Uint8Array(10_000_000)]), 'a.bin')
        const response = await fetch(`${apiRoot}/bot${bot.token}/sendDocument`, { method: 'POST', body })
        await response.text()
        return [response.status, response.headers.get('retry-after')]
      }
      emulator.delayNext('sendDocument', 200, 9)
      const statuses = await Promise.all(chats.map(({ id }) => upload(id)))
      close()
      return statuses.filter(([status]) => status !== 200)
    }

    assert.deepEqual(await statusesWith({}), [])
    // They do not arrive at one moment, so how many are too many depends on the machine.
    for (const refused of await statusesWith({ flood: STRICT })) assert.deepEqual(refused, [429, '60'])
  })

  it('reads an upload as slowly as it was told', async () => {
    const { emulator, apiRoot, close } = await startEmulator()
    const bot = emulator.addBot({ username: 'echo_bot', firstName: 'Echo' })
    emulator.openChat({ botId: bot.id, user: ada })
    emulator.setSpeed({ upload: 1 })
    const body = new FormData()
    body.set('chat_id', '501')
    body.set('document', new Blob([new Uint8Array(1000)]), 'a.bin')
    const stop = AbortSignal.timeout(50)

    const upload = fetch(`${apiRoot}/bot${bot.token}/sendDocument`, { method: 'POST', body, signal: stop })

    await assert.rejects(upload, { name: 'TimeoutError' })
    close()
  })
})
