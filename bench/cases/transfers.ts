import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnLatchkey } from '../../test/services/process.ts'
import { atLeast, atMost, type Case, median, type Row } from '../figures.ts'
import type { Transfer, Transferred } from '../load/transfer.ts'
import { KNOWS_CPU_TIME, onCpuNs } from '../on-cpu.ts'
import { type Helper, startHelper } from '../processes.ts'
import type { LatchkeyOrder, LatchkeyReady } from '../servers/latchkey.ts'

const MIB = 1024 * 1024

/** One transfer, and what it cost the server. */
interface Figure {
  readonly mbPerSecond: number
  readonly cpuSecondsPerGib: number
}

interface RawReady {
  readonly port: number
  /** Where it keeps the one file that it has. */
  readonly dataDir: string
}

interface Servers {
  readonly ours: Helper<LatchkeyReady>
  /** The yardstick, twice: what one differs from the other by is the machine's noise. */
  readonly raw: Helper<RawReady>
  readonly control: Helper<RawReady>
  readonly client: Helper<null>
}

const startOurs = (order: Omit<LatchkeyOrder, 'keys'> = {}): Promise<Helper<LatchkeyReady>> =>
  startHelper<LatchkeyReady>('servers/latchkey.ts', { keys: 1, ...order } satisfies LatchkeyOrder)

const withServers = async <T>(
  work: (servers: Servers) => Promise<T>,
  order: Omit<LatchkeyOrder, 'keys'> = {},
): Promise<T> => {
  const ours = await startOurs(order)
  const raw = await startHelper<RawReady>('servers/raw-http.ts', {})
  const control = await startHelper<RawReady>('servers/raw-http.ts', {})
  const client = await startHelper<null>('load/transfer.ts', {})
  try {
    return await work({ ours, raw, control, client })
  } finally {
    await Promise.all([ours.stop(), raw.stop(), control.stop(), client.stop()])
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

type Figures = Readonly<Record<'ours' | 'raw' | 'control', readonly Figure[]>>

/** Rounds of one transfer each. Who begins changes from round to round: nobody always follows the same one. */
const interleaved = async (
  rounds: number,
  transfers: Record<keyof Figures, () => Promise<Figure>>,
): Promise<Figures> => {
  const figures = { ours: [] as Figure[], raw: [] as Figure[], control: [] as Figure[] }
  const order = ['raw', 'ours', 'control'] as const
  for (let round = 0; round < rounds; round++) {
    for (const [place] of order.entries()) {
      const name = order[(place + round) % order.length]!
      figures[name].push(await transfers[name]())
    }
  }
  return figures
}

const speeds = (figures: readonly Figure[]): number[] => figures.map(({ mbPerSecond }) => mbPerSecond)

const speedRow = (name: string, ours: readonly Figure[], raw: readonly Figure[]): Row & { best: number } => {
  const [a, b] = [speeds(ours), speeds(raw)]
  const text = (all: number[]): string => `best ${Math.max(...all).toFixed(0)}, median ${median(all).toFixed(0)} MB/s`
  const best = Math.max(...a) / Math.max(...b)
  const middle = median(a) / median(b)
  return {
    name: `${name}: best/best ${best.toFixed(2)}, median/median ${middle.toFixed(2)}`,
    ours: text(a),
    yardstick: text(b),
    ratios: a.map((speed, index) => speed / b[index]!),
    best,
  }
}

/** The bar is on the best of each: what a neighbour takes away says nothing about either. */
const toRows = (name: string, { ours, raw, control }: Figures, least: number): Row[] => {
  const cpu = (figures: readonly Figure[]): number => median(figures.map(({ cpuSecondsPerGib }) => cpuSecondsPerGib))
  const speed = speedRow(name, ours, raw)
  return [
    { ...speed, bar: atLeast([speed.best], least) },
    {
      name: `${name}, CPU`,
      ours: `${cpu(ours).toFixed(2)} s/GiB`,
      yardstick: `${cpu(raw).toFixed(2)} s/GiB`,
      ratios: ours.map((figure, index) => raw[index]!.cpuSecondsPerGib / figure.cpuSecondsPerGib),
    },
    speedRow('  the yardstick against itself (noise of this machine)', control, raw),
  ]
}

const upload = (servers: Servers, bytes: number): Promise<Figure & Transferred> =>
  measure(servers.client, servers.ours, bytes, {
    head: headOf(servers.ours, 'PUT /api/v1/files/content?name=noise.bin'),
    bodyBytes: bytes,
  })

const uploadRaw = (client: Helper<null>, raw: Helper<RawReady>, bytes: number): Promise<Figure & Transferred> =>
  measure(client, raw, bytes, { head: 'PUT / HTTP/1.1\r\n', bodyBytes: bytes })

/** Takes away what was uploaded before, and waits until the disk has nothing left to do for it. */
const forgetUploads = ({ ours, raw, control }: Servers): void => {
  for (const dir of [join(ours.ready.dataDir, 'files/objects'), raw.ready.dataDir, control.ready.dataDir]) {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { parentPath, name } of files) rmSync(join(parentPath, name))
  }
  spawnSync('sync')
}

/**
 * Leaves free memory that was in use a moment ago, more than the next file needs. A virtual machine hands free memory
 * back to its host within seconds, and the first write to a page that it has to ask for again costs up to ten times as
 * much: who gets which pages would decide a round, and not what a server does.
 */
const warmMemory = (bytes: number): void => {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-bench-warm-'))
  const block = Buffer.alloc(MIB)
  const file = openSync(join(dir, 'file'), 'w')
  for (let written = 0; written < 1.5 * bytes; written += MIB) writeSync(file, block)
  closeSync(file)
  rmSync(dir, { recursive: true })
}

const uploads = (servers: Servers, bytes: number, ours: () => Promise<Figure>) => {
  const { client, raw, control } = servers
  const onEmptyDisk = (work: () => Promise<Figure>) => (): Promise<Figure> => {
    forgetUploads(servers)
    warmMemory(bytes)
    return work()
  }
  return {
    ours: onEmptyDisk(ours),
    raw: onEmptyDisk(() => uploadRaw(client, raw, bytes)),
    control: onEmptyDisk(() => uploadRaw(client, control, bytes)),
  }
}

export const uploadCase: Case = {
  name: 'upload',
  run: ({ quick, megabytes = quick ? 128 : 512 }) =>
    withServers(async (servers) => {
      const bytes = megabytes * MIB
      const transfers = uploads(servers, bytes, () => upload(servers, bytes))
      await interleaved(1, transfers)
      return toRows(`upload of ${megabytes} MiB, hashed and flushed`, await interleaved(quick ? 4 : 6, transfers), 0.8)
    }),
}

const ENCRYPTED_WITHIN_MS = 120_000

/** Waits until nothing is left of a file but its encrypted copy. */
const untilEncrypted = async ({ ready: { port, keys } }: Helper<LatchkeyReady>, id: string): Promise<void> => {
  const endsAt = performance.now() + ENCRYPTED_WITHIN_MS
  for (;;) {
    const headers = { authorization: `Bearer ${keys[0]}` }
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/files/${id}`, { headers })
    const { storage } = (await response.json()) as { storage: { encrypted: boolean; state: string } }
    if (storage.encrypted && storage.state !== 'replicating') return
    if (performance.now() > endsAt) throw new Error(`The file is not encrypted: ${JSON.stringify(storage)}`)
    await sleep(20)
  }
}

/** To a disk that encrypts: the answer comes when the bytes are safe, and the encrypted copy is made behind it. */
export const encryptedUploadCase: Case = {
  name: 'encrypted upload',
  run: ({ quick, megabytes = quick ? 128 : 512 }) =>
    withServers(
      async (servers) => {
        const bytes = megabytes * MIB
        const whole: number[] = []
        const transfers = uploads(servers, bytes, async () => {
          const startedAt = performance.now()
          const figure = await upload(servers, bytes)
          // Nobody else is measured while it still encrypts.
          await untilEncrypted(servers.ours, (JSON.parse(figure.answer) as { id: string }).id)
          whole.push(bytes / 1e3 / (performance.now() - startedAt))
          return figure
        })
        await interleaved(1, transfers)
        whole.length = 0
        const figures = await interleaved(quick ? 4 : 6, transfers)
        const behind = whole.map((mbPerSecond) => ({ mbPerSecond, cpuSecondsPerGib: Number.NaN }))
        return [
          ...toRows(`upload of ${megabytes} MiB to a disk that encrypts`, figures, 0.6),
          speedRow('  until its encrypted copy is there, and no other', behind, figures.raw),
        ]
      },
      { isEncrypted: true },
    ),
}

const AT_ONCE = 16
const MOST_RSS_MB = 250
const TRANSFERS_WITHIN_MS = 30 * 60_000

/** The most memory that a process had since it was last asked, in MB. */
const peakRss = (pid: number): number => {
  const [, kib = 'NaN'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  // Forgets it: see proc_pid_clear_refs(5).
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return (Number(kib) * 1024) / 1e6
}

/** The program as anybody runs it, with a key for it. */
const startAlone = async (dataDir: string) => {
  const args = ['setup', '--email', 'ada@example.org', '--password-stdin', '--print-key']
  const setup = spawnLatchkey({ dataDir, args, input: 'correct horse battery staple' })
  await setup.exited
  const server = spawnLatchkey({ dataDir })
  const { port } = new URL(await server.ready)
  return { server, port: Number(port), authorization: `Authorization: Bearer ${setup.stdout().trim()}` }
}

/** What many large transfers at once take of the server's memory. */
export const transferMemoryCase: Case = {
  name: 'memory of transfers',
  async run({ quick, megabytes = quick ? 64 : 1024 }) {
    if (!KNOWS_CPU_TIME) return []
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
    const { server, port, authorization } = await startAlone(dataDir)
    const client = await startHelper<null>('load/transfer.ts', {})
    try {
      const bytes = megabytes * MIB
      const order = (line: string, bodyBytes: number): Transfer => ({
        port,
        head: `${line} HTTP/1.1\r\n${authorization}\r\n`,
        bodyBytes,
      })
      const put = (name: string): Transfer => order(`PUT /api/v1/files/content?name=${name}`, bytes)
      const first = JSON.parse((await client.ask<Transferred>(put('first'))).answer) as { id: string }
      const get = order(`GET /api/v1/files/${first.id}/content`, 0)
      const idle = peakRss(server.pid)
      const orders = Array.from({ length: AT_ONCE }, (_, index) => [put(`file-${index}`), get]).flat()
      const startedAt = performance.now()
      const done = await client.ask<Transferred[]>(orders, TRANSFERS_WITHIN_MS)
      const seconds = (performance.now() - startedAt) / 1000
      const short = done.filter(({ answerBytes }, index) => index % 2 === 1 && answerBytes !== bytes)
      if (short.length > 0) throw new Error(`${short.length} downloads were cut short.`)
      const peak = peakRss(server.pid)
      const speed = ((done.length * bytes) / 1e6 / seconds).toFixed(0)
      return [
        {
          name: `${AT_ONCE} uploads and ${AT_ONCE} downloads of ${megabytes} MiB at once`,
          ours: `at most ${peak.toFixed(0)} MB of memory (${idle.toFixed(0)} before), ${speed} MB/s`,
          yardstick: '',
          ratios: [],
          bar: atMost(Math.round(peak), MOST_RSS_MB, 'MB of memory'),
        },
      ]
    } finally {
      await Promise.all([server.kill(), client.stop()])
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
}

export const downloadCase: Case = {
  name: 'download',
  run: ({ quick, megabytes = quick ? 128 : 512 }) =>
    withServers(async (servers) => {
      const { client, raw, control } = servers
      const bytes = megabytes * MIB
      for (const helper of [raw, control]) await uploadRaw(client, helper, bytes)
      const { id } = JSON.parse((await upload(servers, bytes)).answer) as { id: string }
      const get = async (server: Helper<{ port: number }>, head: string): Promise<Figure> => {
        const figure = await measure(client, server, bytes, { head, bodyBytes: 0 })
        if (figure.answerBytes !== bytes) throw new Error(`The download had ${figure.answerBytes} bytes.`)
        return figure
      }
      const transfers = {
        ours: () => get(servers.ours, headOf(servers.ours, `GET /api/v1/files/${id}/content`)),
        raw: () => get(raw, 'GET / HTTP/1.1\r\n'),
        control: () => get(control, 'GET / HTTP/1.1\r\n'),
      }
      await interleaved(1, transfers)
      return toRows(`download of ${megabytes} MiB`, await interleaved(quick ? 4 : 6, transfers), 0.85)
    }),
}
