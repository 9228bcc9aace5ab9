import { timingSafeEqual } from 'node:crypto'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { z } from 'zod'
import { AppError } from './errors.ts'
import { bytes, endpoint, Failures, type HttpStats, type RequestInfo, type Route, reply, route } from './http/index.ts'

const alive = endpoint({
  method: 'GET',
  path: '/healthz',
  scope: 'public',
  summary: 'Whether the process is alive',
  returns: [200, z.object({ status: z.literal('ok'), service: z.literal('latchkey'), version: z.string() })],
})

const ready = endpoint({
  method: 'GET',
  path: '/readyz',
  scope: 'public',
  summary: 'Whether the server can do its work now',
  returns: [
    200,
    z.object({
      status: z.enum(['ok', 'unavailable']),
      checks: z.record(z.string(), z.enum(['ok', 'failed'])),
      details: z.record(z.string(), z.string()).describe('What the operator should know although the server works.'),
    }),
  ],
  also: [503],
})

const metrics = endpoint({
  method: 'GET',
  path: '/metrics',
  scope: 'public',
  summary: 'Figures for Prometheus, with the metrics token or from the same machine',
  returns: [200, bytes('text/plain')],
})

export const healthContracts = [alive, ready, metrics] as const

export interface HealthOptions {
  readonly version: string
  readonly stats: HttpStats
  readonly metricsToken: string | undefined
  /** What the server needs to work, by name; each rejects when it is not there. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  /** What does not decide whether the server works, by name. */
  readonly details?: () => Readonly<Record<string, string>>
  /** Figures of the areas, by metric name: help text, and values by label. */
  readonly figures: () => Promise<readonly Figure[]>
}

export interface Figure {
  readonly name: string
  readonly help: string
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

const CHECK_TIMEOUT_MS = 3_000

export const healthRoutes = (options: HealthOptions): Route[] => {
  const metricsText = metricsPrinter(options)
  return [
    route(alive, () => ({ status: 'ok' as const, service: 'latchkey' as const, version: options.version })),
    route(ready, async () => {
      const names = Object.keys(options.checks)
      const results = await Promise.allSettled(
        names.map((name) => inTime(options.checks[name]?.() ?? Promise.resolve())),
      )
      const checks = Object.fromEntries(
        names.map((name, index) => [
          name,
          results[index]?.status === 'fulfilled' ? ('ok' as const) : ('failed' as const),
        ]),
      )
      const good = results.every(({ status }) => status === 'fulfilled')
      const status = good ? ('ok' as const) : ('unavailable' as const)
      return reply(good ? 200 : 503, { status, checks, details: { ...options.details?.() } })
    }),
    route(metrics, async ({ request }) => {
      assertMayRead(request, options.metricsToken)
      const { text, contentType } = await metricsText()
      return reply(200, text, { 'content-type': contentType, 'cache-control': 'no-store' })
    }),
  ]
}

const inTime = async (check: Promise<void>): Promise<void> => {
  const late = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  await Promise.race([
    check,
    new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason))),
  ])
}

// A request that came through a proxy is not from this machine, wherever the proxy runs.
const assertMayRead = ({ headers, raw }: RequestInfo, token: string | undefined): void => {
  const given = Buffer.from(headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token ?? ''}`)
  if (token !== undefined && given.length === wanted.length && timingSafeEqual(given, wanted)) return
  const address = raw.socket.remoteAddress ?? ''
  const local =
    /^(::ffff:)?127\.|^::1$/.test(address) &&
    headers['x-forwarded-for'] === undefined &&
    headers.forwarded === undefined
  if (token === undefined && local) return
  throw new AppError(Failures.NOT_FOUND)
}

/** @returns What prints all figures as they are now. */
const metricsPrinter = ({ stats, figures }: HealthOptions) => {
  const registry = new Registry()
  // Ten times a second; the library's hundred wake-ups cost an idle server more than everything else it does.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const newGauge = (name: string, help: string, labelNames: string[]): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const requests = newGauge('latchkey_http_requests_total', 'Requests by route and status class.', ['route', 'status'])
  const up = newGauge('latchkey_up', 'Always 1.', [])
  const known = new Map<string, Gauge>()

  const noteRequests = (): void => {
    for (const { route: name, byClass } of stats.all())
      for (const [index, count] of byClass.entries())
        if (count > 0) requests.set({ route: name, status: `${index}xx` }, count)
  }
  // Not while the registry collects: a gauge that is made then would be missing from the answer.
  const noteFigures = async (): Promise<void> => {
    for (const { name, help, values } of await figures()) {
      known.get(name)?.reset()
      const [first] = values
      if (first === undefined) continue
      const gauge = known.get(name) ?? newGauge(name, help, Object.keys(first.labels))
      known.set(name, gauge)
      for (const { labels, value } of values) gauge.set(labels, value)
    }
  }

  return async () => {
    up.set(1)
    noteRequests()
    await noteFigures()
    return { text: await registry.metrics(), contentType: registry.contentType }
  }
}
