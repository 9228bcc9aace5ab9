import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { daemonReady, startDaemon } from './daemon.ts'
import { eventually } from './eventually.ts'
import { tempDir } from './temp-dir.ts'

const OWNER = `
import { mkdtempSync } from 'node:fs'
import { guardFolder, startDaemon } from ${JSON.stringify(import.meta.resolve('./daemon.ts'))}
const folder = mkdtempSync(process.argv[1] + '/')
guardFolder(folder)
const daemon = startDaemon({ command: '/bin/sleep', args: ['600'], folder, logFile: folder + '/log' })
console.log(JSON.stringify({ folder, pid: daemon.pid }))
setInterval(() => {}, 1000)
`

/** An orphan that has ended may stay in the process table until its new parent looks. */
const isRunning = (pid: number): boolean => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

it('ends a daemon and removes its folder when the owner is killed', async (t) => {
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', OWNER, tempDir(t)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(owner.stdout.setEncoding('utf8'), 'data')
  const { folder, pid } = JSON.parse(String(line))

  owner.kill('SIGKILL')

  await eventually(() => assert.equal(existsSync(folder), false))
  assert.equal(isRunning(pid), false)
})

it('says what a daemon printed that ended before it was ready', async (t) => {
  const folder = tempDir(t)
  const logFile = join(folder, 'log')
  const daemon = startDaemon({ command: '/bin/sh', args: ['-c', 'echo no memory; exit 3'], folder, logFile })

  const ready = daemonReady(daemon, async () => false)

  await assert.rejects(ready, /ended before it was ready:\nno memory/)
})

it('says that a program does not exist', async (t) => {
  const folder = tempDir(t)
  const daemon = startDaemon({ command: '/no/such/program', args: [], folder, logFile: join(folder, 'log') })

  const ready = daemonReady(daemon, async () => false)

  await assert.rejects(ready, /Cannot run \/no\/such\/program/)
})
