import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { tempDir } from '../../../test/services/temp-dir.ts'
import { ConfigError, loadConfig, readSettings } from './index.ts'

describe('settings', () => {
  it('have defaults for everything that must be there', () => {
    const settings = readSettings({})

    assert.equal(settings.HOST, '127.0.0.1')
    assert.equal(settings.PORT, 5282)
    assert.equal(settings.DATA_DIR, './data')
    assert.equal(settings.TELEGRAM_API_ROOT, 'https://api.telegram.org')
    assert.equal(settings.DATABASE_URL, undefined)
  })

  it('come from the environment, from a file that it names, and from flags before both', (t) => {
    const file = join(tempDir(t), 'port')
    writeFileSync(file, '7001\n')

    assert.equal(readSettings({ LATCHKEY_PORT: '7000' }).PORT, 7000)
    assert.equal(readSettings({ LATCHKEY_PORT_FILE: file }).PORT, 7001)
    assert.equal(readSettings({ LATCHKEY_PORT: '7000' }, { PORT: '7002' }).PORT, 7002)
  })

  it('are refused all at once, each with its reason and without the value of a secret', () => {
    const env = {
      LATCHKEY_PORT: 'many',
      LATCHKEY_PROT: '80',
      LATCHKEY_DATABASE_URL: 'mysql://me:hunter2@db/x',
      LATCHKEY_KEY_PEPPER: 'hunter2',
      LATCHKEY_HOST_FILE: '/does/not/exist',
      LATCHKEY_TRUSTED_PROXIES: '10.0.0.0/8,elsewhere',
    }

    const error = throws(() => readSettings(env))

    const lines = error.message.split('\n').map((line) => line.split(' ')[0])
    assert.deepEqual(
      lines.sort(),
      Object.keys(env)
        .map((name) => name.replace('_FILE', ''))
        .sort(),
    )
    assert.doesNotMatch(error.message, /hunter2/)
  })

  it('name pages of other sites by their origins, and never all of them', () => {
    const { CORS_ORIGINS } = readSettings({ LATCHKEY_CORS_ORIGINS: 'https://App.example/, tauri://localhost' })
    const bad = ['*', 'null', 'app.example', 'https://*.example', 'https://a.example/b', 'https://a@b.example']

    assert.deepEqual(CORS_ORIGINS, ['https://app.example', 'tauri://localhost'])
    for (const LATCHKEY_CORS_ORIGINS of bad)
      assert.match(throws(() => readSettings({ LATCHKEY_CORS_ORIGINS })).message, /^LATCHKEY_CORS_ORIGINS must be/)
  })

  it('are refused when one is given twice', () => {
    const error = throws(() => readSettings({ LATCHKEY_PORT: '1', LATCHKEY_PORT_FILE: '/x' }))

    assert.match(error.message, /LATCHKEY_PORT is set twice/)
  })
})

describe('secrets', () => {
  it('are made once, unreadable for others, and stay', (t) => {
    const folder = join(tempDir(t), 'data')

    const made = loadConfig({ LATCHKEY_DATA_DIR: folder })
    const again = loadConfig({ LATCHKEY_DATA_DIR: folder })

    assert.equal(again.KEY_PEPPER, made.KEY_PEPPER)
    assert.equal(new Set([made.KEY_PEPPER, made.SESSION_SECRET, made.ENCRYPTION_KEY]).size, 3)
    assert.equal(statSync(join(folder, 'secrets', 'key-pepper')).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('stop the start when they are damaged: another pepper would void every key', (t) => {
    const folder = tempDir(t)
    loadConfig({ LATCHKEY_DATA_DIR: folder })
    writeFileSync(join(folder, 'secrets', 'key-pepper'), 'short')

    assert.throws(() => loadConfig({ LATCHKEY_DATA_DIR: folder }), /key-pepper is damaged/)
  })
})

const throws = (work: () => unknown): ConfigError => {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error
  }
  assert.fail('It did not throw.')
}
