import { atLeast, type Case, median, type Row } from '../figures.ts'
import type { Transfer, Transferred } from '../load/transfer.ts'
import { KNOWS_CPU_TIME, onCpuNs } from '../on-cpu.ts'
import { type Helper, startHelper } from '../processes.ts'
import type { LatchkeyReady } from '../servers/latchkey.ts'

const MIB = 1024 * 1024

/** One transfer, and what it cost the server. */
interface Figure {
  readonly mbPerSecond: number
  readonly cpuSecondsPerGib: number
}

interface Servers {
  readonly ours: Helper<LatchkeyReady>
  readonly raw: Helper<{ port: number }>
  readonly client: Helper<null>
}

const withServers = async <T>(work: (servers: Servers) => Promise<T>): Promise<T> => {
  const ours = await startHelper<LatchkeyReady>('servers/latchkey.ts', { keys: 1 })
  const raw = await startHelper<{ port: number }>('servers/raw-http.ts', {})
  const client = await startHelper<null>('load/transfer.ts', {})
  try {
    return await work({ ours, raw, client })
  } finally {
    await Promise.all([ours.stop(), raw.stop(), client.stop()])
  }
}

const headOf = ({ ready }: Helper<LatchkeyReady>, line: string): string =>
  `${line} HTTP/1.1\r\nAuthorization: Bearer ${ready.keys[0]}\r\n`

const measure = async (
  client: Helper<null>,
  server: Helper<{ port: number }>,
  bytes: number,
  transfer: Omit<Transfer, 'port'>,
): Promise<Figure & Transferred> => {
  const before = KNOWS_CPU_TIME ? onCpuNs(server.pid) : Number.NaN
  const done = await client.ask<Transferred>({ port: server.ready.port, ...transfer })
  const cpuNs = (KNOWS_CPU_TIME ? onCpuNs(server.pid) : Number.NaN) - before
  return { ...done, mbPerSecond: bytes / 1e3 / done.ms, cpuSecondsPerGib: cpuNs / 1e9 / (bytes / 1024 / MIB) }
}

const best = (figures: readonly Figure[]): number => Math.max(...figures.map(({ mbPerSecond }) => mbPerSecond))

/** The bar is on the best of each: what a neighbour takes away says nothing about either. */
const toRows = (name: string, ours: readonly Figure[], raw: readonly Figure[], least: number): Row[] => {
  const text = (figures: readonly Figure[]): string =>
    `best ${best(figures).toFixed(0)}, median ${median(figures.map(({ mbPerSecond }) => mbPerSecond)).toFixed(0)} MB/s`
  const cpu = (figures: readonly Figure[]): number => median(figures.map(({ cpuSecondsPerGib }) => cpuSecondsPerGib))
  const ratio = best(ours) / best(raw)
  return [
    {
      name: `${name}, best against best ${ratio.toFixed(2)}`,
      ours: text(ours),
      yardstick: text(raw),
      ratios: ours.map((figure, index) => figure.mbPerSecond / raw[index]!.mbPerSecond),
      bar: atLeast([ratio], least),
    },
    {
      name: `${name}, CPU`,
      ours: `${cpu(ours).toFixed(2)} s/GiB`,
      yardstick: `${cpu(raw).toFixed(2)} s/GiB`,
      ratios: ours.map((figure, index) => raw[index]!.cpuSecondsPerGib / figure.cpuSecondsPerGib),
    },
  ]
}

const upload = (servers: Servers, bytes: number): Promise<Figure & Transferred> =>
  measure(servers.client, servers.ours, bytes, {
    head: headOf(servers.ours, 'PUT /api/v1/files/content?name=noise.bin'),
    bodyBytes: bytes,
  })

const uploadRaw = ({ client, raw }: Servers, bytes: number): Promise<Figure & Transferred> =>
  measure(client, raw, bytes, { head: 'PUT / HTTP/1.1\r\n', bodyBytes: bytes })

export const uploadCase: Case = {
  name: 'upload',
  run: ({ quick, megabytes = quick ? 128 : 512 }) =>
    withServers(async (servers) => {
      const bytes = megabytes * MIB
      await uploadRaw(servers, 16 * MIB)
      await upload(servers, 16 * MIB)
      const ours: Figure[] = []
      const raw: Figure[] = []
      for (let round = 0; round < (quick ? 4 : 5); round++) {
        raw.push(await uploadRaw(servers, bytes))
        ours.push(await upload(servers, bytes))
      }
      return toRows(`upload of ${megabytes} MiB, hashed and flushed`, ours, raw, 0.8)
    }),
}

export const downloadCase: Case = {
  name: 'download',
  run: ({ quick, megabytes = quick ? 128 : 512 }) =>
    withServers(async (servers) => {
      const bytes = megabytes * MIB
      await uploadRaw(servers, bytes)
      const { id } = JSON.parse((await upload(servers, bytes)).answer) as { id: string }
      const head = headOf(servers.ours, `GET /api/v1/files/${id}/content`)
      const download = () => measure(servers.client, servers.ours, bytes, { head, bodyBytes: 0 })
      const downloadRaw = () =>
        measure(servers.client, servers.raw, bytes, { head: 'GET / HTTP/1.1\r\n', bodyBytes: 0 })
      await Promise.all([download(), downloadRaw()])
      const ours: Figure[] = []
      const raw: Figure[] = []
      for (let round = 0; round < (quick ? 4 : 6); round++) {
        raw.push(await downloadRaw())
        const figure = await download()
        if (figure.answerBytes !== bytes) throw new Error(`The download had ${figure.answerBytes} bytes.`)
        ours.push(figure)
      }
      return toRows(`download of ${megabytes} MiB`, ours, raw, 0.85)
    }),
}
