import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { abuseCase } from './cases/abuse.ts'
import { botsNeighbourCase } from './cases/bots-neighbour.ts'
import { botsThroughputCase } from './cases/bots-throughput.ts'
import { cardQualityCase, cardSearchCase } from './cases/card-search.ts'
import { commandCase } from './cases/command.ts'
import { gridCase } from './cases/grid.ts'
import { millionCase } from './cases/million.ts'
import { startCase } from './cases/start.ts'
import { statsCase } from './cases/stats.ts'
import { timingCase } from './cases/timing.ts'
import { downloadCase, encryptedUploadCase, transferMemoryCase, uploadCase } from './cases/transfers.ts'
import { type Case, printTable, type Row } from './figures.ts'
import { CAN_PIN } from './processes.ts'

const cases: readonly Case[] = [
  statsCase,
  uploadCase,
  downloadCase,
  encryptedUploadCase,
  transferMemoryCase,
  commandCase,
  startCase,
  timingCase,
  abuseCase,
  millionCase,
  cardQualityCase,
  cardSearchCase,
  gridCase,
  botsThroughputCase,
  botsNeighbourCase,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, megabytes: { type: 'string' } },
})

const machine = (): string => {
  const load = loadavg().map((value) => value.toFixed(2))
  const pinned = CAN_PIN ? 'pinned to cores' : 'NOT pinned to cores: expect more noise'
  return `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, load ${load.join(' ')}, Node ${process.version}, ${pinned}`
}

console.log(machine())
const wanted = cases.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
const effort = {
  quick: values.quick,
  ...(values.megabytes === undefined ? {} : { megabytes: Number(values.megabytes) }),
}
const rows: Row[] = []
for (const one of wanted) {
  console.log(`measuring ${one.name} ...`)
  rows.push(...(await one.run(effort)))
}
console.log('')
printTable(rows)
process.exitCode = rows.some((row) => row.bar?.holds === false) ? 1 : 0
