import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toCsv } from './csv.ts'

describe('CSV', () => {
  it('quotes what would end a cell', () => {
    assert.equal(toCsv(['a', 'b'], [['x, "y"', 2]]), 'a,b\r\n"x, ""y""",2\r\n')
  })

  it('keeps what a spreadsheet would run as a text, and numbers as numbers', () => {
    assert.equal(toCsv(['a', 'b'], [['=1+1', -1]]), "a,b\r\n'=1+1,-1\r\n")
  })
})
