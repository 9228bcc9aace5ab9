import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { File } from '../../../../src/files/files/contract.ts'
import { countOf, fileAt, type ListPage, PAGE_SIZE, pagesOf, toListing, withoutFiles, withPage } from './listing.ts'

const fileOf = (number: number): File => ({
  id: `file_${number}`,
  file_name: `${number}.txt`,
  file_size: number,
  file_type: 'document',
  created_at: '2026-01-15T10:30:00Z',
  updated_at: '2026-01-15T10:30:00Z',
  mime_type: 'text/plain',
  folder_id: null,
  team_id: null,
  sha256: '',
  share: null,
  storage: { backend: 'disk', state: 'stored', replicas: 1, encrypted: false },
})

const pageFrom = (start: number, length = PAGE_SIZE): ListPage => ({
  files: Array.from({ length }, (_, index) => fileOf(start + index)),
  next: 'more',
})

describe('a listing', () => {
  it('counts rows whose page is not here', () => {
    const listing = toListing(100_000, new Map([[0, pageFrom(0)]]))

    assert.equal(countOf(listing), 100_000)
    assert.equal(fileAt(listing, 199)?.id, 'file_199')
    assert.equal(fileAt(listing, 200), undefined)
  })

  it('takes a page from the middle', () => {
    const listing = withPage(toListing(100_000, new Map()), 400, pageFrom(80_000), 100_000)

    assert.equal(fileAt(listing, 80_123)?.id, 'file_80123')
    assert.deepEqual(pagesOf(listing, 79_990, 80_010), [399, 400])
  })

  it('moves rows up when files before them leave', () => {
    const listing = toListing(
      400,
      new Map([
        [0, pageFrom(0)],
        [1, pageFrom(200)],
      ]),
    )

    const rest = withoutFiles(listing, new Set(['file_3', 'file_5']))

    assert.equal(countOf(rest), 398)
    assert.equal(fileAt(rest, 198)?.id, 'file_200')
  })

  it('is empty without files', () => {
    const listing = toListing(0, new Map([[0, { files: [], next: null }]]))

    assert.equal(countOf(listing), 0)
    assert.equal(fileAt(listing, 0), undefined)
  })
})
