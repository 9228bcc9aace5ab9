import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { newPassword } from '../canary.ts'
import { daemonReady, guardFolder, startDaemon } from './daemon.ts'
import { freePort } from './ports.ts'
import { installPackage } from './programs.ts'

const PYTHON = '/usr/bin/python3'
const PACKAGE = 'python3-swift'
const HELP =
  `Tests need OpenStack Swift, which speaks S3. Install its library (Debian, Ubuntu: \`apt-get install ${PACKAGE}\`, ` +
  'which starts no service), or set TEST_S3_ENDPOINT, TEST_S3_REGION, TEST_S3_ACCESS_KEY_ID and ' +
  'TEST_S3_SECRET_ACCESS_KEY to a server on which buckets may be created.'

export type S3Server = {
  endpoint: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** Ends a server of our own; leaves another alone. */
  stop: () => Promise<void>
}

/**
 * A server that speaks S3 for tests: the one that TEST_S3_ENDPOINT names, else a new OpenStack Swift on 127.0.0.1 only,
 * with a random secret. Swift checks signatures, the hash of what is put, MD5 of a batch, and the region.
 *
 * @throws {Error} With what to install, where none can be had.
 */
export const startS3 = async (): Promise<S3Server> => {
  const {
    TEST_S3_ENDPOINT: endpoint,
    TEST_S3_REGION: region = 'us-east-1',
    TEST_S3_ACCESS_KEY_ID: accessKeyId = '',
    TEST_S3_SECRET_ACCESS_KEY: secretAccessKey = '',
  } = process.env
  return endpoint ? { endpoint, region, accessKeyId, secretAccessKey, stop: async () => {} } : ownS3()
}

const ownS3 = async (): Promise<S3Server> => {
  await requireSwift()
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-s3-'))
  const removeFolder = guardFolder(folder)
  try {
    const credentials = { accessKeyId: 'test:tester', secretAccessKey: newPassword() }
    const { daemon, port } = await launchOnFreePort(folder, credentials)
    return {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'test-1',
      ...credentials,
      async stop() {
        await daemon.end('SIGKILL')
        removeFolder()
      },
    }
  } catch (cause) {
    removeFolder()
    throw new Error(`Swift did not start. ${HELP}\n${String(cause)}`, { cause })
  }
}

type Credentials = Pick<S3Server, 'accessKeyId' | 'secretAccessKey'>

const launchOnFreePort = async (folder: string, credentials: Credentials, left = 5) => {
  const port = await freePort()
  try {
    return { port, daemon: await launch(folder, credentials, port) }
  } catch (error) {
    if (left <= 1 || !/already in use/i.test(String(error))) throw error
    return launchOnFreePort(folder, credentials, left - 1)
  }
}

const launch = async (folder: string, { accessKeyId, secretAccessKey }: Credentials, port: number) => {
  // In a file, because every user of the machine sees a process's arguments.
  const given = { port, access_key: accessKeyId, secret_key: secretAccessKey }
  writeFileSync(join(folder, 'given.json'), JSON.stringify(given), { mode: 0o600 })
  const logFile = join(process.env.TEST_LOG_DIR ?? folder, `${basename(folder)}.log`)
  const program = join(import.meta.dirname, 's3-server.py')
  const daemon = startDaemon({ command: PYTHON, args: ['-B', program, folder], folder, logFile })
  try {
    // The port may be somebody else's; only ours says that it listens.
    await daemonReady(daemon, async () => daemon.log().includes(`ready ${port}\n`))
    return daemon
  } catch (error) {
    await daemon.end('SIGKILL')
    throw error
  }
}

const requireSwift = async (): Promise<void> => {
  if (await hasSwift()) return
  // The library, and not the servers, which would set up services.
  await installPackage(PACKAGE, HELP)
  if (!(await hasSwift())) throw new Error(HELP)
}

const hasSwift = async (): Promise<boolean> => {
  try {
    await promisify(execFile)(PYTHON, ['-B', '-c', 'import swift.common.middleware.s3api.s3api, lxml, paste.deploy'])
    return true
  } catch {
    return false
  }
}
