import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { contentDisposition } from './content-disposition.ts'

describe('Content-Disposition', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['report.pdf', 'filename="report.pdf"'],
    ['two words.txt', 'filename="two words.txt"'],
    ["it's; a=b, c.txt", `filename="it's; a=b, c.txt"`],
    ['say "hi".txt', `filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`],
    ['100%41.txt', `filename="100_41.txt"; filename*=UTF-8''100%2541.txt`],
    ['crème brûlée.md', `filename="creme brulee.md"; filename*=UTF-8''cr%C3%A8me%20br%C3%BBl%C3%A9e.md`],
    ['€ rates.txt', `filename="_ rates.txt"; filename*=UTF-8''%E2%82%AC%20rates.txt`],
    ['отчёт.txt', `filename="_____.txt"; filename*=UTF-8''%D0%BE%D1%82%D1%87%D1%91%D1%82.txt`],
    ['🙂.png', `filename="_.png"; filename*=UTF-8''%F0%9F%99%82.png`],
    ["o'neil(1)*é", `filename="o'neil(1)*e"; filename*=UTF-8''o%27neil%281%29%2A%C3%A9`],
    ['a\r\nSet-Cookie: x=1', 'filename="aSet-Cookie: x=1"'],
    ['../../etc/passwd', 'filename=".._.._etc_passwd"'],
    ['c:\\temp\\x.txt', 'filename="c:_temp_x.txt"'],
    ['photo\u202egpj.exe', 'filename="photogpj.exe"'],
    ['\u0301', `filename="file"; filename*=UTF-8''%CC%81`],
    ['\u2025', `filename="file"; filename*=UTF-8''%E2%80%A5`],
    ['', 'filename="file"'],
    ['..', 'filename="file"'],
    ['\u0000\u0007', 'filename="file"'],
    ['half \ud83d pair', `filename="half _ pair"; filename*=UTF-8''half%20%EF%BF%BD%20pair`],
  ]
  for (const [name, expected] of cases) {
    it(`names ${JSON.stringify(name)}`, () => {
      assert.equal(contentDisposition('attachment', name), `attachment; ${expected}`)
    })
  }

  it('says inline where it is asked to', () => {
    assert.equal(contentDisposition('inline', 'a.png'), 'inline; filename="a.png"')
  })

  it('is one line of printable ASCII with one quoted string, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        assert.match(
          contentDisposition('attachment', name),
          /^attachment; filename="[\x20\x21\x23-\x5b\x5d-\x7e]+"(; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+)?$/,
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('carries every harmless name unchanged', () => {
    const harmless = fc.stringMatching(/^[\p{L}\p{N}][\p{L}\p{N} "%'()*,;=@.-]{0,30}[\p{L}\p{N}]$/u)

    fc.assert(
      fc.property(harmless, (name) => {
        const [, plain, extended] =
          /filename="(.*?)"(?:; filename\*=UTF-8''(.*))?$/.exec(contentDisposition('attachment', name)) ?? []
        assert.equal(extended === undefined ? plain : decodeURIComponent(extended), name)
      }),
    )
  })
})
