import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fingerprintOf, isSame, keptUploads, uploadId } from './kept.ts'

const FILE = { name: 'a|b: holiday.mp4', size: 5_000, lastModified: 1_700_000_000_000 }

const storageWith = (entries: Record<string, string>): Storage => ({
  ...entries,
  length: Object.keys(entries).length,
  clear() {},
  getItem: (key) => entries[key] ?? null,
  key: () => null,
  removeItem() {},
  setItem() {},
})

describe('uploads from before a reload', () => {
  it('are found by what the browser kept, whatever is in a name', () => {
    const url = 'http://localhost/api/v1/files/uploads/upload_1'
    const key = `tus::${fingerprintOf(FILE, { folder: 'folder_9', team: 'team_3' })}::123456789012`
    const storage = storageWith({ [key]: JSON.stringify({ uploadUrl: url }), 'latchkey.theme': 'dark' })

    assert.deepEqual(keptUploads(storage), [{ key, url, folder: 'folder_9', team: 'team_3', ...FILE }])
    assert.equal(uploadId(url), 'upload_1')
  })

  it('at the top of a team are not those at one’s own', () => {
    assert.notEqual(fingerprintOf(FILE, { folder: null, team: 'team_3' }), fingerprintOf(FILE, { folder: null }))
  })

  it('are left out where they do not say an address', () => {
    const key = `tus::${fingerprintOf(FILE, { folder: null })}::1`

    assert.deepEqual(keptUploads(storageWith({ [key]: 'damaged' })), [])
  })

  it('go on only with the file that has not changed', () => {
    assert.equal(isSame(FILE, { ...FILE }), true)
    assert.equal(isSame(FILE, { ...FILE, lastModified: 1 }), false)
  })
})
