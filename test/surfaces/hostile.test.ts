import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { contracts, dialects as surfaces } from '../../src/contracts.ts'
import { dialectFor, type Endpoint, type EndpointSpec } from '../../src/platform/http/index.ts'
import { testApp } from '../app.ts'
import { dialects } from '../database.ts'
import { type Hostile, hostileTo } from './hostile-input.ts'
import { exchange } from './wire.ts'

const agent = new Agent({ keepAlive: true, maxSockets: 8 })
after(() => agent.destroy())

interface Answer {
  readonly status: number
  readonly body: string
}

const PATIENCE_MS = 20_000

const send = (url: string, method: string, hostile: Hostile, credentials: readonly string[]): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url)
    const length = hostile.body === undefined ? [] : ['Content-Length', String(hostile.body.length)]
    const headers = ['Host', host, ...credentials, ...hostile.headers, ...length]
    const call = request(
      { agent, hostname, port, method, path: hostile.path, headers, timeout: PATIENCE_MS },
      (response) => {
        const chunks: Buffer[] = []
        const done = () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
        // A stream of events has no end.
        if (response.headers['content-type']?.startsWith('text/event-stream')) {
          done()
          response.destroy()
          return
        }
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', done)
        response.on('error', reject)
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer')))
    // Refused while we still write: what the server said is read if it got through, and a cut connection is a refusal.
    call.on('error', (error) =>
      'code' in error && /EPIPE|ECONNRESET/.test(String(error.code))
        ? resolve({ status: 431, body: '' })
        : reject(error),
    )
    call.end(hostile.body)
  })

const ENVELOPES: Readonly<Record<string, readonly string[]>> = {
  files: ['error', 'code', 'request_id'],
  bots: ['ok', 'result', 'code'],
  cards: ['code', 'error', 'requestId'],
}
// Something outside that is not there is an answer too; a bug is not.
const OUTSIDE = new Set([502, 503, 504])

const problemOf = ({ status, body }: Answer, path: string): string | undefined => {
  if (status < 400 || body === '') return undefined
  if (status >= 500 && !OUTSIDE.has(status)) return `status ${status}: ${body}`
  const wanted = ENVELOPES[dialectFor(surfaces, path).name] ?? []
  try {
    const members: unknown = JSON.parse(body)
    const missing = wanted.filter((name) => typeof members !== 'object' || members === null || !(name in members))
    return missing.length === 0 ? undefined : `status ${status} without ${missing.join(', ')}: ${body.slice(0, 200)}`
  } catch {
    return `status ${status} and no JSON: ${body.slice(0, 200)}`
  }
}

// What changes by itself, or by being asked.
const RESTLESS =
  /job|simulator|lease|rate_|key_days|quota|session|audit|one_time|sqlite_|kysely|migration|search|fts|_config|_content|_data|_docsize|_idx/

for (const dialect of dialects) {
  describe(`hostile input (${dialect})`, async () => {
    let skippedMs = 0
    // Signing in again must not wait for the minute that the guesses of this test have used up.
    const clock = { now: () => new Date(), monotonicMs: () => performance.now() + skippedMs }
    const app = await testApp(dialect, {
      clock,
      // What was let in before is not to be worked on while something else is asked for.
      roles: new Set(['http', 'bots']),
      // No bot of this test reaches anybody.
      settings: { TELEGRAM_API_ROOT: 'http://127.0.0.1:9', BODY_LIMIT_BYTES: '262144' },
    })
    const ada = await app.account()
    let cookie = await ada.signIn()
    const { db } = app.app.core.database

    const credentialsFor = async ({ by, scope }: Endpoint<EndpointSpec>): Promise<string[]> => {
      if (scope === 'public' || by === undefined || by.includes('key')) return ['Authorization', `Bearer ${ada.key}`]
      if ((await app.fetch('/api/account', { headers: { cookie } })).status !== 200) {
        skippedMs += 61_000
        cookie = await ada.signIn()
      }
      return ['Cookie', cookie, 'Sec-Fetch-Site', 'same-origin']
    }
    const tables = async (): Promise<string[]> => {
      const query =
        dialect === 'sqlite'
          ? sql<{ name: string }>`select name from sqlite_master where type = 'table'`
          : sql<{
              name: string
            }>`select table_name as name from information_schema.tables where table_schema = 'public'`
      return (await query.execute(db)).rows.map(({ name }) => name).filter((name) => !RESTLESS.test(name))
    }
    const names = await tables()
    const rowCounts = async () =>
      Object.fromEntries(
        await Promise.all(
          names.map(async (name) => [
            name,
            (await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(db)).rows[0]?.n,
          ]),
        ),
      )

    for (const endpoint of contracts) {
      it(`is answered and changes nothing: ${endpoint.method} ${endpoint.path}`, async () => {
        const before = await rowCounts()
        const logged = app.log.length
        const credentials = await credentialsFor(endpoint)
        const requests = hostileTo(endpoint)
        const problems: string[] = []
        let refused = true

        const next = async (): Promise<void> => {
          for (let hostile = requests.pop(); hostile !== undefined; hostile = requests.pop()) {
            const answer = await send(app.url, endpoint.method, hostile, credentials)
            if (answer.status < 400) refused = false
            const problem = problemOf(answer, endpoint.path)
            if (problem !== undefined) problems.push(`${hostile.what}: ${problem}`)
          }
        }
        await Promise.all(Array.from({ length: 4 }, next))

        const bugs = app.log
          .slice(logged)
          .filter((line) => line.includes('a request failed') && !line.includes('"type":"AppError"'))
        assert.deepEqual([...problems, ...bugs.map((line) => line.slice(0, 600))], [])
        if (refused) assert.deepEqual(await rowCounts(), before)
        assert.equal(Reflect.get({}, 'admin'), undefined)
      })
    }

    it('is answered when a body ends before its time', async () => {
      for (const { path, method, body } of contracts.filter((one) => one.body !== undefined)) {
        const type =
          body !== undefined && 'stream' in body && body.stream === 'form'
            ? 'multipart/form-data; boundary=x'
            : 'application/json'
        const head = `${method} ${path.replace(/:\w+|\*/g, 'unknown')} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${ada.key}\r\nContent-Type: ${type}\r\nContent-Length: 1000\r\n\r\n`
        await cutShort(app.url, `${head}--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nby`)
      }

      // The server is still there, and took none of it for a bug.
      assert.equal((await app.fetch('/healthz')).status, 200)
      const bugs = app.log.filter((line) => line.includes('a request failed') && !line.includes('"type":"AppError"'))
      assert.deepEqual(bugs, [])
    })

    it('is answered when it is no HTTP', async () => {
      const lines = [
        'GARBAGE\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET /v1/cards HTTP/1.1\r\n\r\n', 'GET /v1/cards HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n',
        'POST /v1/cards HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'POST /v1/cards HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n',
        'POST /v1/cards HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', 'GET /v1/cards HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n', 'GET /v1/cards HTTP/1.1\nHost: x\n\n',
      ] // biome-ignore format: a list
      for (const line of lines) {
        const { status, body } = await exchange(app.url, Buffer.from(line))
        assert.equal(status, 400, line)
        const members = Object.keys(JSON.parse(body) as object)
        assert.deepEqual(
          members,
          line.includes('/v1/cards') ? ['code', 'error', 'requestId'] : ['error', 'code', 'request_id'],
          line,
        )
      }
    })

    it('is answered in the words of the surface for methods that nobody knows', async () => {
      for (const method of ['PROPFIND', 'TRACE', 'PURGE', 'M-SEARCH'])
        for (const path of ['/v1/cards', '/v2/bots', '/api/keys', '/nowhere']) {
          const answer = await send(app.url, method, { what: '', path, headers: [], body: undefined }, [])
          assert.ok([404, 405].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.body}`)
          assert.equal(problemOf(answer, path), undefined)
        }
    })
  })
}

const cutShort = (url: string, text: string): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.end(text))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
