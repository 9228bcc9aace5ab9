import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseTable } from './csv.ts'
import { decodeText, kindOf } from './kind.ts'

describe('a table of text', () => {
  it('keeps separators, lines and quotes that stand in quotes', () => {
    assert.deepEqual(parseTable('name,note\r\n"Doe, Jane","says ""hi""\nand goes"\r\n', 10), [
      ['name', 'note'],
      ['Doe, Jane', 'says "hi"\nand goes'],
    ])
  })

  it('is cut at the mark that its first line has most of', () => {
    assert.deepEqual(parseTable('a;b;c\n1,5;2;3', 10), [
      ['a', 'b', 'c'],
      ['1,5', '2', '3'],
    ])
  })

  it('ends where it has been enough', () => {
    assert.equal(parseTable('1\n2\n3\n4', 2).length, 2)
  })
})

describe('what a file is shown as', () => {
  it('follows its type, then its name', () => {
    assert.deepEqual(
      [
        kindOf('image/png', 'a.png'),
        kindOf('video/mp4', 'a'),
        kindOf('application/octet-stream', 'main.rs'),
        kindOf('text/html', 'page.html'),
        kindOf('application/octet-stream', 'list.csv'),
        kindOf('application/pdf', 'a.pdf'),
        kindOf('application/zip', 'a.zip'),
      ],
      ['image', 'video', 'text', 'text', 'table', 'pdf', 'none'],
    )
  })

  it('is no text where there are bytes that are none', () => {
    assert.equal(decodeText(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0])), undefined)
    assert.equal(decodeText(new TextEncoder().encode('привет')), 'привет')
    assert.equal(decodeText(new Uint8Array([0xff, 0xfe, 0x41, 0])), 'A')
  })
})
