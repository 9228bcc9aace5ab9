import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { spawnLatchkey } from '../../test/services/process.ts'
import { atMost, type Case, median, quantile } from '../figures.ts'

const SETTLE_MS = 3_000
const MOST_MB = 150

/** Resident memory in megabytes; NaN where the system does not tell. */
export const residentMb = (pid: number): number => {
  try {
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return (Number(kib) * 1024) / 1e6
  } catch {
    return Number.NaN
  }
}

export const startCase: Case = {
  name: 'start',
  async run({ quick }) {
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
    const times: number[] = []
    let idleMb = Number.NaN
    try {
      const rounds = quick ? 3 : 5
      // The first start makes the database, the secrets and the folder.
      for (let round = 0; round < rounds; round++) {
        const startedAt = performance.now()
        const server = spawnLatchkey({ dataDir })
        await server.ready
        times.push(performance.now() - startedAt)
        if (round === rounds - 1) {
          await wait(SETTLE_MS)
          idleMb = residentMb(server.pid)
        }
        await server.kill()
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
    const [first = Number.NaN, ...later] = times
    return [
      {
        name: 'start: to ready, empty folder, then again',
        ours: `${first.toFixed(0)} ms, ${median(later).toFixed(0)} ms (${quantile(later, 0).toFixed(0)}..${quantile(later, 1).toFixed(0)})`,
        yardstick: '',
        ratios: [],
      },
      {
        name: 'start: idle memory',
        ours: `${idleMb.toFixed(0)} MB`,
        yardstick: '',
        ratios: [],
        ...(Number.isNaN(idleMb) ? {} : { bar: atMost(idleMb, MOST_MB, 'MB') }),
      },
    ]
  },
}
