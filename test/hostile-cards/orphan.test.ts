import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { eventually } from '../services/eventually.ts'
import { children } from './children.ts'

const FIXTURE = `${import.meta.dirname}/orphan.fixture.ts`
/** Past what it takes to start: the document is being read. */
const BUSY_TICKS = 80

// What it looks at is in /proc.
if (process.platform === 'linux')
  it('a parser that is deep in a document ends with its server', async (t) => {
    const server = fork(FIXTURE)
    t.after(() => server.kill('SIGKILL'))
    const said: unknown[] = []
    server.on('message', (message) => said.push(message))
    const parser = await eventually(() => {
      const [child] = children(server.pid)
      assert.ok(child !== undefined && ticksOf(child.pid) > BUSY_TICKS)
      return child.pid
    })
    t.after(() => isAlive(parser) && process.kill(parser, 'SIGKILL'))

    server.kill('SIGKILL')

    await eventually(() => assert.ok(!isAlive(parser)))
    assert.deepEqual(said, ['asked'])
  })

/** CPU time of a process, in hundredths of a second. */
const ticksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
