import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { tempDir } from '../../test/services/temp-dir.ts'
import { findCanaries } from './canaries.ts'

it('names the file and line of a leaked secret, and not the secret', (t) => {
  const folder = tempDir(t)
  const canaryFile = join(folder, 'canaries')
  mkdirSync(join(folder, 'logs', 'deep'), { recursive: true })
  writeFileSync(canaryFile, 'tk_live_sparrow\ntk_live_finch\n\ntk_live_sparrow\n')
  writeFileSync(join(folder, 'logs', 'deep', 'server.log'), 'started\n{"key":"tk_live_sparrow"}\n')
  writeFileSync(join(folder, 'logs', 'output'), 'all is well\n')

  const found = findCanaries(canaryFile, join(folder, 'logs'))

  assert.deepEqual(found, ['The secret that begins with "tk_l" is in server.log, line 2.'])
})

it('finds nothing when no test made a secret', (t) => {
  const folder = tempDir(t)
  writeFileSync(join(folder, 'output'), 'all is well\n')

  const found = findCanaries(join(folder, 'missing'), folder)

  assert.deepEqual(found, [])
})
