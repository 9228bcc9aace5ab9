import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it, type TestContext } from 'node:test'
import { send, times } from '../requests.ts'
import { eventually } from '../services/eventually.ts'
import { createKey, createOwner, type NewKey, type Owner, signIn } from '../services/owner.ts'
import { type LatchkeyOptions, type LatchkeyProcess, spawnLatchkey } from '../services/process.ts'
import { tempDir } from '../services/temp-dir.ts'

const start = (t: TestContext, options: LatchkeyOptions): LatchkeyProcess => {
  const server = spawnLatchkey(options)
  t.after(async () => void (await server.kill('SIGKILL')))
  return server
}

/** Runs it to its end. */
const run = async (t: TestContext, options: LatchkeyOptions) => {
  const program = start(t, options)
  const { code } = await program.exited
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

interface UsedFolder {
  readonly dataDir: string
  readonly owner: Owner
  readonly key: NewKey
}

// Here and not at its first use: a hook that a test adds runs when that test ends.
const templateDir = tempDir({ after })
let template: Promise<UsedFolder> | undefined

/** A data folder whose server has stopped, with an account and a key in it: a copy of the first one. */
const usedFolder = async (t: TestContext): Promise<UsedFolder> => {
  template ??= makeFolder()
  const { dataDir: original, owner, key } = await template
  const dataDir = join(tempDir(t), 'data')
  cpSync(original, dataDir, { recursive: true })
  return { dataDir, owner, key }
}

const makeFolder = async (): Promise<UsedFolder> => {
  const dataDir = join(templateDir, 'data')
  const server = spawnLatchkey({ dataDir })
  await server.ready
  const owner = await createOwner(server)
  const key = await createKey(server.url, owner)
  assert.deepEqual(await server.kill(), { code: 0, signal: null })
  return { dataDir, owner, key }
}

const accountStatus = async (url: string, key: string): Promise<number> =>
  (await send(url, { path: '/api/account', headers: { 'x-api-key': key } })).status

describe('a second start', () => {
  it('keeps the account, its key and its session, and prints no setup link', async (t) => {
    const { dataDir, owner, key } = await usedFolder(t)

    const server = start(t, { dataDir })
    await server.ready

    assert.equal(await accountStatus(server.url, key.key), 200)
    assert.equal((await send(server.url, { path: '/api/account', headers: { cookie: owner.cookie } })).status, 200)
    assert.match(await signIn(server.url, owner), /^login_token=ey/)
    assert.doesNotMatch(server.stdout(), /setup#t=|\(new\)/)
  })

  it('is refused while another server has the folder, which goes on', async (t) => {
    const dataDir = tempDir(t)
    const first = start(t, { dataDir })
    await first.ready

    const second = await run(t, { dataDir })

    assert.equal(second.code, 1)
    assert.match(second.stderr, /^latchkey: Another server is running on .*Stop it first, or use PostgreSQL/)
    assert.equal((await send(first.url, { path: '/readyz' })).status, 200)
  })

  it('ends where its port is taken, says so, and leaves the folder to the next one', async (t) => {
    const dataDir = join(tempDir(t), 'data')
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo

    const refused = await run(t, { dataDir, env: { LATCHKEY_PORT: String(port) } })
    const next = await start(t, { dataDir }).ready

    assert.equal(refused.code, 1)
    assert.match(refused.stderr, new RegExp(`listening on 127\\.0\\.0\\.1:${port} already.*LATCHKEY_PORT`))
    assert.equal((await fetch(`${next}/healthz`)).status, 200)
  })

  it('is refused for a database that a newer program has written', async (t) => {
    const { dataDir } = await usedFolder(t)
    inDatabase(dataDir, (database) => database.exec(`insert into migrations values ('9999-from-the-future', 0)`))

    const { code, stderr } = await run(t, { dataDir })

    assert.equal(code, 1)
    assert.match(stderr, /newer/i)
    assert.match(stderr, /9999-from-the-future/)
  })
})

const inDatabase = (dataDir: string, work: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { timeout: 5000 })
  work(database)
  database.close()
}

describe('a start with secrets that are not right', () => {
  const DAMAGE: Record<string, (path: string) => void> = {
    missing: (path) => rmSync(path),
    short: (path) => writeFileSync(path, 'short'),
    unreadable: (path) => {
      rmSync(path)
      mkdirSync(path)
    },
    another: (path) => writeFileSync(path, 'z'.repeat(43)),
  }
  it('is refused, and loses nothing', async (t) => {
    const { dataDir, key } = await usedFolder(t)
    const path = join(dataDir, 'secrets/key-pepper')
    const pepper = readFileSync(path)

    for (const [what, damage] of Object.entries(DAMAGE)) {
      damage(path)
      const { code, stdout, stderr } = await run(t, { dataDir })
      rmSync(path, { recursive: true, force: true })
      writeFileSync(path, pepper)

      assert.ok(code !== 0 && code !== null, `${what}: exit code ${code}`)
      assert.doesNotMatch(stdout, /listening/, what)
      assert.match(stderr, /^latchkey: .*key-pepper/, what)
    }

    const server = start(t, { dataDir })
    await server.ready
    assert.equal(await accountStatus(server.url, key.key), 200)
  })

  it('is refused where the data folder cannot be made or the secrets cannot be written', async (t) => {
    const folder = tempDir(t)
    writeFileSync(join(folder, 'file'), '')
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data/secrets'), '')

    for (const dataDir of [join(folder, 'file/data'), join(folder, 'data')]) {
      const { code, stdout, stderr } = await run(t, { dataDir })

      assert.ok(code !== 0, `${dataDir}: exit code ${code}`)
      assert.equal(stdout, '')
      assert.match(stderr, /^latchkey: .*(ENOTDIR|EEXIST)/)
    }
  })
})

describe('a stolen database', () => {
  it('verifies no key and no password on an installation with another pepper', async (t) => {
    const { dataDir, owner, key } = await usedFolder(t)
    const thief = join(tempDir(t), 'data')
    mkdirSync(thief)
    copyFileSync(join(dataDir, 'latchkey.db'), join(thief, 'latchkey.db'))

    const honest = await run(t, { dataDir: thief })
    inDatabase(thief, (database) => database.exec('delete from secret_checks'))
    const server = start(t, { dataDir: thief })
    await server.ready

    assert.equal(honest.code, 1)
    assert.equal(await accountStatus(server.url, key.key), 401)
    await assert.rejects(signIn(server.url, owner), /401/)
    assert.equal((await send(server.url, { path: '/api/account', headers: { cookie: owner.cookie } })).status, 401)
  })
})

describe('settings', () => {
  it('that are wrong stop the start with 78 and each reason', async (t) => {
    const env = {
      LATCHKEY_PORT: 'eighty',
      LATCHKEY_LIMIT_FILES_PER_MINUTE: '-1',
      LATCHKEY_LIMIT_FILE_PER_MINUTE: '10',
      LATCHKEY_DATABASE_URL: 'mysql://hidden:secret@db',
      LATCHKEY_KEY_PEPPER: 'too short a pepper',
    }

    const { code, stdout, stderr } = await run(t, { dataDir: tempDir(t), env })

    assert.deepEqual([code, stdout], [78, ''])
    for (const name of Object.keys(env)) assert.match(stderr, new RegExp(`${name}\\b`))
    assert.doesNotMatch(stderr, /secret|too short a pepper/)
  })

  it('may each stand in a file, and not in both places', async (t) => {
    const folder = tempDir(t)
    const dataDir = join(folder, 'data')
    const pepper = join(folder, 'pepper')
    writeFileSync(pepper, `${'p'.repeat(40)}\n`)

    const both = { LATCHKEY_KEY_PEPPER: 'q'.repeat(40), LATCHKEY_KEY_PEPPER_FILE: pepper }
    const twice = await run(t, { dataDir, env: both })
    const missing = await run(t, { dataDir, env: { LATCHKEY_KEY_PEPPER_FILE: join(folder, 'nothing') } })
    const server = start(t, { dataDir, env: { LATCHKEY_KEY_PEPPER_FILE: pepper } })
    await server.ready

    assert.deepEqual([twice.code, missing.code], [78, 78])
    assert.match(twice.stderr, /LATCHKEY_KEY_PEPPER is set twice/)
    assert.match(missing.stderr, /LATCHKEY_KEY_PEPPER names a file that cannot be read/)
    assert.throws(() => statSync(join(dataDir, 'secrets/key-pepper')), { code: 'ENOENT' })
  })

  it('of databases that nobody answers for stop the start with a reason', async (t) => {
    const env = { LATCHKEY_DATABASE_URL: 'postgres://user:hidden@127.0.0.1:9/none' }

    const { code, stdout, stderr } = await run(t, { dataDir: tempDir(t), env })

    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /ECONNREFUSED/)
    assert.doesNotMatch(stderr, /hidden/)
  })
})

describe('latchkey setup', () => {
  const setup = (t: TestContext, dataDir: string, email = 'ada@example.org') =>
    run(t, {
      dataDir,
      args: ['setup', '--email', email, '--password-stdin', '--print-key'],
      input: 'a password from a script\n',
    })

  for (const running of [false, true]) {
    it(`prints the key and nothing else while the server is ${running ? '' : 'not '}running`, async (t) => {
      const dataDir = join(tempDir(t), 'data')
      const before = running ? start(t, { dataDir }) : undefined
      await before?.ready

      const first = await setup(t, dataDir)
      const second = await setup(t, dataDir, 'eve@example.org')
      const server = before ?? start(t, { dataDir })
      await server.ready

      assert.deepEqual([first.code, first.stderr], [0, ''])
      assert.match(first.stdout, /^tk_live_[0-9A-Za-z]{36}\n$/)
      assert.equal(await accountStatus(server.url, first.stdout.trim()), 200)
      await signIn(server.url, { email: 'ada@example.org', password: 'a password from a script' })
      assert.deepEqual([second.code, second.stdout], [1, ''])
      assert.match(second.stderr, /has an owner already/)
    })
  }

  it('has another link made by setup-link: the first one to be used ends the others', async (t) => {
    const dataDir = join(tempDir(t), 'data')
    const server = start(t, { dataDir })
    await server.ready
    const printed = /setup#t=(\w+)/.exec(server.stdout())?.[1]

    const link = await run(t, { dataDir, args: ['setup-link'] })

    const token = /^http:\/\/\S+\/setup#t=(\w+)\n$/.exec(link.stdout)?.[1]
    const use = (used: string | undefined) =>
      send(server.url, {
        method: 'POST',
        path: '/api/auth/setup',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: used, email: 'ada@example.org', password: 'a password from a form' }),
      })
    assert.deepEqual([(await use(token)).status, (await use(printed)).status], [201, 409])
    assert.equal((await run(t, { dataDir, args: ['setup-link'] })).code, 1)
  })
})

describe('a stop', () => {
  it('finishes the request that is running, takes no other, and writes down what was used', async (t) => {
    const dataDir = join(tempDir(t), 'data')
    const server = start(t, { dataDir })
    await server.ready
    const owner = await createOwner(server)
    const { key } = await createKey(server.url, owner)
    const used = times(20, () => accountStatus(server.url, key))
    await Promise.all(used)
    const headers = { 'x-api-key': key, 'content-length': '200000', expect: '100-continue' }
    // A client that keeps its connection must not keep the server.
    const agent = new Agent({ keepAlive: true })
    t.after(() => agent.destroy())
    const path = '/api/v1/files/content?name=slow.bin'
    const upload = request(new URL(path, server.url), { method: 'PUT', headers, agent })
    const answered = new Promise<number>((fulfil, reject) => {
      upload.once('error', reject).once('response', (response) => fulfil(response.resume().statusCode ?? 0))
    })
    upload.flushHeaders()
    // Then the server has begun with it, and not only the system with the connection.
    await once(upload, 'continue')
    upload.write(Buffer.alloc(100_001, 'a'))

    const stopped = server.kill('SIGTERM')
    await eventually(() => assert.match(server.stderr(), /stopping/))
    upload.end(Buffer.alloc(99_999, 'b'))

    assert.equal(await answered, 201)
    assert.deepEqual(await stopped, { code: 0, signal: null })
    let uses: unknown
    inDatabase(dataDir, (database) => {
      uses = database.prepare(`select uses from api_keys where kind = 'files'`).get()?.uses
    })
    assert.equal(uses, 21)
  })
})
