/**
 * Runs test files as `node --test` does: a process for each, and the spec reporter. The crash files come after the
 * others, one at a time; the reporter sees a single run, so there is one list of failures and one count at the end.
 *
 * Its only argument is `{"files": [], "crashFiles": []}`. SIGTERM ends it, and it says which files were running.
 */
import { relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { type EventData, run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'

// One more than the cores of a small machine: much of a test is waiting, for a database, a disk or a process.
const CONCURRENCY = 3
// Every file is a process of its own that loads most of the program: compiled once, and not once for each.
const COMPILED = resolve(import.meta.dirname, '../../node_modules/.cache/latchkey/tests')

type Group = { files: string[]; concurrency: number }

const readGroups = (): Group[] => {
  const { files, crashFiles }: { files: string[]; crashFiles: string[] } = JSON.parse(process.argv[2] ?? '{}')
  const groups = [
    { files: files.map(absolute), concurrency: CONCURRENCY },
    { files: crashFiles.map(absolute), concurrency: 1 },
  ]
  return groups.filter((group) => group.files.length > 0)
}

const absolute = (file: string): string => resolve(file)

/** The events of all groups, in order; what each says about the run as a whole is added up and comes last. */
async function* joined(groups: Group[], running: Set<string>): AsyncGenerator<TestEvent> {
  const totals = new Map<string, number>()
  const summaries: EventData.TestSummary[] = []
  for (const group of groups) {
    for await (const event of start(group, running)) {
      const total = totalIn(event)
      if (total) totals.set(total.name, (totals.get(total.name) ?? 0) + total.value)
      else if (isWholeSummary(event)) summaries.push(event.data)
      else yield event
    }
  }
  for (const [name, value] of totals) {
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${value}`, level: 'info' } }
  }
  const [last] = summaries.slice(-1)
  if (last === undefined || summaries.length < groups.length) return
  const success = summaries.every((summary) => summary.success)
  process.exitCode = success ? 0 : 1
  yield { type: 'test:summary', data: { ...last, success } }
}

const start = ({ files, concurrency }: Group, running: Set<string>): AsyncIterable<TestEvent> => {
  const stream = run({ files, concurrency, isolation: 'process' })
  const isFile = ({ name, file, nesting }: EventData.TestDequeue) => nesting === 0 && name === file
  stream.on('test:dequeue', (data) => void (isFile(data) && running.add(data.name)))
  stream.on('test:complete', (data) => void running.delete(data.name))
  return stream
}

/** A line such as `tests 12` that counts the whole run, which is the kind that belongs to no file. */
const totalIn = (event: TestEvent): { name: string; value: number } | undefined => {
  if (event.type !== 'test:diagnostic' || event.data.nesting !== 0 || event.data.file !== undefined) return undefined
  const [, name, value] = /^(\w+) ([\d.]+)$/.exec(event.data.message) ?? []
  return name === undefined ? undefined : { name, value: Number(value) }
}

const isWholeSummary = (event: TestEvent): event is TestEvent & { type: 'test:summary' } =>
  event.type === 'test:summary' && event.data.file === undefined

const main = (): void => {
  process.env.NODE_COMPILE_CACHE ??= COMPILED
  // Each password takes 46 MiB that are new to the process: in large pages that is a fifth of a test's work less.
  process.env.GLIBC_TUNABLES ??= 'glibc.malloc.hugetlb=1'
  const running = new Set<string>()
  process.on('SIGTERM', () => {
    const files = [...running].map((file) => `  ${relative(process.cwd(), file)}\n`).join('')
    process.stdout.write(`\nStopped while these files were running:\n${files}`, () => process.exit(1))
  })
  // Until a whole run has said otherwise.
  process.exitCode = 1
  Readable.from(joined(readGroups(), running)).compose(spec).pipe(process.stdout)
}

main()
