import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filesSearch, placeOf } from './address.ts'
import { stemLength } from './entry.ts'

describe('an address of the files', () => {
  it('names a folder, the top, or one of the other pages', () => {
    assert.deepEqual(placeOf(''), { kind: 'folder', id: null })
    assert.deepEqual(placeOf('folder_1/'), { kind: 'folder', id: 'folder_1' })
    assert.deepEqual(placeOf('trash'), { kind: 'trash' })
  })

  it('keeps what it knows, and leaves out the rest', () => {
    assert.deepEqual(filesSearch({ q: 'tax', sort: 'file_size', order: 'asc', open: 'file_1', page: 3 }), {
      q: 'tax',
      sort: 'file_size',
      order: 'asc',
      open: 'file_1',
    })
    assert.deepEqual(filesSearch({ q: '', sort: 'colour', order: 7, team: ['a'] }), {})
  })
})

describe('a name to be changed', () => {
  it('is chosen without its extension', () => {
    assert.deepEqual([stemLength('photo.tar.gz'), stemLength('Makefile'), stemLength('.profile')], [9, 8, 8])
  })
})
