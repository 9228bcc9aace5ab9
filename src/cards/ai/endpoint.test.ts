import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { listening } from '../../../test/services/listening.ts'
import { AppError } from '../../platform/errors.ts'
import { AiBusy, aiEndpoint } from './endpoint.ts'

const serve = async (t: TestContext, listener: RequestListener) => {
  const paths: string[] = []
  const url = await listening({ after: (end) => t.after(end) }, (request, response) => {
    paths.push(request.url ?? '')
    request.resume()
    listener(request, response)
  })
  return { url, paths }
}

const NOW = Date.parse('2026-05-20T12:00:00Z')
const endpointAt = (url: string, now = () => NOW) =>
  aiEndpoint(
    { baseUrl: `${url}/v1`, apiKey: 'sk-secret', model: 'm', visionModel: undefined, transcriptionModel: undefined },
    now,
  )
const ask = (endpoint: ReturnType<typeof endpointAt>, signal = new AbortController().signal) =>
  endpoint.chat('m', 'do', [{ type: 'text', text: 'soup' }], signal)

describe('the endpoint of models', () => {
  const failures: Record<string, [code: string, listener: RequestListener]> = {
    'an answer without end': [
      'AI_ODD',
      (_request, response) => {
        const timer = setInterval(() => response.write(' '.repeat(500_000)), 1)
        response.on('close', () => clearInterval(timer))
      },
    ],
    'an answer that is no JSON': ['AI_ODD', (_request, response) => response.end('<html>')],
    'an answer of another shape': ['AI_ODD', (_request, response) => response.end('{"choices":[]}')],
    'an answer that breaks off': [
      'AI_BROKEN',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{')
        setImmediate(() => response.destroy())
      },
    ],
    'a key that is wrong': ['AI_SETUP', (_request, response) => response.writeHead(401).end('bad key sk-secret')],
    'a model that is not there': ['AI_SETUP', (_request, response) => response.writeHead(404).end()],
    'a request that is too large': ['AI_REFUSED', (_request, response) => response.writeHead(413).end()],
    'trouble of its own': ['AI_BROKEN', (_request, response) => response.writeHead(500).end()],
    'a limit without an end': ['AI_BROKEN', (_request, response) => response.writeHead(429).end()],
  }
  for (const [name, [code, listener]] of Object.entries(failures)) {
    it(`tells of ${name} without repeating what it said`, async (t) => {
      const { url } = await serve(t, listener)

      const error: unknown = await ask(endpointAt(url)).catch((cause: unknown) => cause)

      assert.ok(error instanceof AppError)
      assert.equal(error.code, code)
      assert.doesNotMatch(error.message, /sk-secret|bad key|html/)
    })
  }

  it('takes its key along to nobody else', async (t) => {
    const other = await serve(t, (_request, response) => response.end('{}'))
    const { url } = await serve(t, (_request, response) => response.writeHead(307, { location: other.url }).end())

    await assert.rejects(ask(endpointAt(url)), { code: 'AI_BROKEN' })

    assert.deepEqual(other.paths, [])
  })

  const waits: Record<string, number> = {
    '30': 30_000,
    'Wed, 20 May 2026 12:02:00 GMT': 120_000,
    '0': 1_000,
    '999999999': 3_600_000,
  }
  for (const [header, delayMs] of Object.entries(waits)) {
    it(`is left alone when it says Retry-After: ${header}`, async (t) => {
      let now = NOW
      const { url, paths } = await serve(t, (_request, response) =>
        response.writeHead(429, { 'retry-after': header }).end(),
      )
      const endpoint = endpointAt(url, () => now)
      const wait = async () => {
        const error: unknown = await ask(endpoint).catch((cause: unknown) => cause)
        assert.ok(error instanceof AiBusy)
        return error.delayMs
      }

      const first = await wait()
      now += 500
      const second = await wait()
      now += delayMs
      await wait()

      assert.deepEqual([first, second, paths.length], [delayMs, delayMs - 500, 2])
    })
  }

  it('is not waited for when the work was called off', async (t) => {
    const { url } = await serve(t, () => undefined)
    const stop = new AbortController()

    const asked = ask(endpointAt(url), stop.signal)
    stop.abort(new Error('called off'))

    await assert.rejects(asked, /called off/)
  })
})
