import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { detectFileType } from './detect-file.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
const OCTETS = 'application/octet-stream'

describe('detectFileType', () => {
  const cases: [name: string, mime: string | null, head: string | undefined, type: string][] = [
    ['photo.png', 'image/png', undefined, 'image'],
    ['photo.HEIC', OCTETS, undefined, 'image'],
    ['photo', 'image/webp', undefined, 'image'],
    ['photo.txt', 'text/plain', '89504e470d0a1a0a0000', 'image'],
    ['unnamed', OCTETS, 'ffd8ffe000104a464946', 'image'],
    ['unnamed', OCTETS, '5249464600000000574542505650', 'image'],
    ['unnamed', OCTETS, '00000018667479706865696300000000', 'image'],
    ['clip.mov', OCTETS, undefined, 'video'],
    ['clip', OCTETS, '00000018667479706d70343200000000', 'video'],
    ['clip', 'video/webm', '1a45dfa3', 'video'],
    ['memo.m4a', OCTETS, undefined, 'audio'],
    ['memo', null, '00000018667479704d34412000000000', 'audio'],
    ['memo', OCTETS, '5249464600000000574156456674', 'audio'],
    ['memo.mp4', 'audio/mp4', undefined, 'video'],
    ['voice', 'audio/ogg; codecs=opus', '4f67675300', 'audio'],
    ['report.pdf', 'application/pdf', '255044462d312e37', 'document'],
    ['scan.png', 'image/png', '255044462d312e37', 'document'],
    ['sheet.xlsx', OCTETS, '504b0304', 'document'],
    ['main.ts', 'video/mp2t', undefined, 'video'],
    ['notes.md', 'text/markdown', undefined, 'document'],
    ['Makefile', null, undefined, 'document'],
    ['.png', null, undefined, 'image'],
    ['', '', '', 'document'],
  ]
  for (const [fileName, mimeType, head, type] of cases) {
    it(`takes ${fileName || 'nothing'} of ${mimeType} with ${head ?? 'unknown bytes'} for ${type}`, () => {
      const file = { fileName, mimeType, ...(head === undefined ? {} : { head: bytes(head) }) }

      assert.equal(detectFileType(file), type)
    })
  }
})
