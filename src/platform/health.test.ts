import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { filesDialect } from '../files/dialect.ts'
import { systemClock } from './clock.ts'
import { type Figure, healthRoutes } from './health.ts'
import { httpServer, httpStats } from './http/index.ts'
import { createLog } from './log/index.ts'

const serve = async (t: TestContext, figures: () => readonly Figure[]) => {
  const stats = httpStats()
  const server = httpServer({
    routes: healthRoutes({ version: '1', stats, metricsToken: undefined, checks: {}, figures: async () => figures() }),
    dialects: [filesDialect],
    gate: { admit: () => {} },
    log: createLog('silent'),
    clock: systemClock,
    stats,
    trustedProxies: [],
    bodyLimitBytes: 1000,
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  return async () => (await fetch(`${url}/metrics`)).text()
}

describe('figures for Prometheus', () => {
  it('are complete from the first time they are asked for', async (t) => {
    const metrics = await serve(t, () => [
      { name: 'latchkey_things', help: 'Things.', values: [{ labels: { kind: 'round' }, value: 3 }] },
    ])

    const text = await metrics()

    assert.match(text, /^latchkey_things\{kind="round"\} 3$/m)
    assert.match(text, /^latchkey_up 1$/m)
    assert.match(text, /^process_resident_memory_bytes \d/m)
  })

  it('forget a label that is gone, and take labels that come late', async (t) => {
    let values: Figure['values'] = []
    const metrics = await serve(t, () => [{ name: 'latchkey_things', help: 'Things.', values }])

    assert.doesNotMatch(await metrics(), /^latchkey_things/m)
    values = [
      { labels: { kind: 'round' }, value: 3 },
      { labels: { kind: 'square' }, value: 4 },
    ]
    assert.match(await metrics(), /kind="square"\} 4/)
    values = [{ labels: { kind: 'round' }, value: 5 }]
    const last = await metrics()

    assert.match(last, /kind="round"\} 5/)
    assert.doesNotMatch(last, /square/)
  })
})
