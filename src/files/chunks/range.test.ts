import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseHttpDate, toHttpDate } from './http-date.ts'
import { answerRange, type ConditionalHeaders } from './range.ts'

const ETAG = '"9f86d081"'
const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT'
const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT'
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT'

const file = (sizeBytes = 1000) => ({ sizeBytes, etag: ETAG, lastModified: new Date('1994-11-06T08:49:37.600Z') })
const answer = (headers: ConditionalHeaders, sizeBytes = 1000) => answerRange(headers, file(sizeBytes))
const status = (headers: ConditionalHeaders, method: 'GET' | 'HEAD' = 'GET') =>
  answerRange(headers, file(), method).status

const whole = (sizeBytes = 1000) => ({ status: 200, from: 0, to: sizeBytes - 1, lengthBytes: sizeBytes })
const part = (from: number, to: number, sizeBytes = 1000) => ({
  status: 206,
  from,
  to,
  lengthBytes: to - from + 1,
  contentRange: `bytes ${from}-${to}/${sizeBytes}`,
})

describe('Range', () => {
  const satisfiable: readonly (readonly [string, number, number])[] = [
    ['bytes=0-499', 0, 499],
    ['bytes=500-999', 500, 999],
    ['bytes=-500', 500, 999],
    ['bytes=500-', 500, 999],
    ['bytes=0-0', 0, 0],
    ['bytes=-1', 999, 999],
    ['bytes=999-', 999, 999],
    ['bytes=900-5000', 900, 999],
    ['bytes=0-99999999999999999999999999', 0, 999],
    ['bytes=-99999999999999999999999999', 0, 999],
    ['BYTES=1-2', 1, 2],
    ['  bytes= 1-2 ', 1, 2],
    ['bytes=,1-2,', 1, 2],
    ['bytes=0001-0002', 1, 2],
  ]
  for (const [range, from, to] of satisfiable) {
    it(`answers ${JSON.stringify(range)} with bytes ${from} to ${to}`, () => {
      assert.deepEqual(answer({ range }), part(from, to))
    })
  }

  for (const range of ['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', 'bytes=99999999999999999999-']) {
    it(`refuses ${range} of 1000 bytes with 416 and the size`, () => {
      assert.deepEqual(answer({ range }), { status: 416, contentRange: 'bytes */1000' })
    })
  }

  const ignored = [
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=1 -2',
    'bytes=--1',
    'bytes=0x1-2',
    'bytes=1-2;',
    'items=0-5',
    'bytes 0-5',
    'bytes=1.5-2',
    'bytes=99999999999999999999-99999999999999999998',
    'bytes=+1-2',
  ]
  for (const range of ignored) {
    it(`ignores the malformed ${JSON.stringify(range)}`, () => {
      assert.deepEqual(answer({ range }), whole())
    })
  }

  it('answers several ranges with the whole file', () => {
    assert.deepEqual(answer({ range: 'bytes=0-1,5-6' }), whole())
    assert.deepEqual(answer({ range: 'bytes=0-1, -1' }), whole())
  })

  it('knows that an empty file has no bytes to begin at', () => {
    assert.deepEqual(answer({}, 0), whole(0))
    assert.deepEqual(answer({ range: 'bytes=0-' }, 0), { status: 416, contentRange: 'bytes */0' })
    assert.deepEqual(answer({ range: 'bytes=-5' }, 0), whole(0))
  })

  it('has no ranges for HEAD', () => {
    assert.deepEqual(answerRange({ range: 'bytes=0-1' }, file(), 'HEAD'), whole())
  })

  it('never points outside the file, whatever the header is', () => {
    const range = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9 ,-]{0,40}$/))

    fc.assert(
      fc.property(range, fc.nat(5000), (value, sizeBytes) => {
        const result = answer({ range: value }, sizeBytes)
        if (result.status !== 206) return
        assert.ok(0 <= result.from && result.from <= result.to && result.to < sizeBytes)
      }),
    )
  })

  it('gives the bytes that were asked for, as far as there are any', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.integer({ min: 1, max: 1500 }), (one, other, sizeBytes) => {
        const [first, last] = [Math.min(one, other), Math.max(one, other)]
        const expected = first < sizeBytes ? part(first, Math.min(last, sizeBytes - 1), sizeBytes) : 416

        const result = answer({ range: `bytes=${first}-${last}` }, sizeBytes)

        assert.deepEqual(result.status === 416 ? 416 : result, expected)
      }),
    )
  })
})

describe('If-Range', () => {
  const range = 'bytes=0-9'
  const cases: readonly (readonly [string, 200 | 206])[] = [
    [ETAG, 206],
    [`W/${ETAG}`, 200],
    ['"other"', 200],
    [MODIFIED, 206],
    [EARLIER, 200],
    [LATER, 200],
    ['nonsense', 200],
    ['', 200],
  ]
  for (const [ifRange, expected] of cases) {
    it(`${expected === 206 ? 'lets the range hold' : 'gives the whole file'} for ${JSON.stringify(ifRange)}`, () => {
      assert.equal(status({ range, 'if-range': ifRange }), expected)
    })
  }

  it('gives the whole file instead of 416 when the file has changed', () => {
    assert.equal(status({ range: 'bytes=5000-', 'if-range': '"other"' }), 200)
  })
})

describe('conditions', () => {
  const cases: readonly (readonly [ConditionalHeaders, number])[] = [
    [{ 'if-none-match': ETAG }, 304],
    [{ 'if-none-match': `W/${ETAG}` }, 304],
    [{ 'if-none-match': `"a,b", ${ETAG}` }, 304],
    [{ 'if-none-match': `"a,${ETAG.slice(1)}` }, 200],
    [{ 'if-none-match': ['"a"', ETAG] }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-none-match': '9f86d081' }, 200],
    [{ 'if-none-match': '"other"', 'if-modified-since': LATER }, 200],
    [{ 'if-modified-since': MODIFIED }, 304],
    [{ 'if-modified-since': LATER }, 304],
    [{ 'if-modified-since': EARLIER }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-match': ETAG }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': `W/${ETAG}` }, 412],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-match': ETAG, 'if-unmodified-since': EARLIER }, 200],
    [{ 'if-unmodified-since': MODIFIED }, 200],
    [{ 'if-unmodified-since': EARLIER }, 412],
    [{ 'if-match': '"other"', 'if-none-match': ETAG }, 412],
    [{ 'if-match': ETAG, 'if-none-match': ETAG }, 304],
    [{ 'if-none-match': ETAG, range: 'bytes=5000-' }, 304],
    [{ 'if-match': ETAG, range: 'bytes=0-1' }, 206],
  ]
  for (const [headers, expected] of cases) {
    it(`answer ${expected} to ${JSON.stringify(headers)}`, () => {
      assert.equal(status(headers), expected)
    })
  }

  it('hold for HEAD as for GET', () => {
    assert.equal(status({ 'if-none-match': ETAG }, 'HEAD'), 304)
    assert.equal(status({ 'if-match': '"other"' }, 'HEAD'), 412)
  })
})

describe('HTTP dates', () => {
  it('are read in all three forms', () => {
    for (const text of [MODIFIED, 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
      assert.equal(parseHttpDate(text), Date.UTC(1994, 10, 6, 8, 49, 37), text)
    }
  })

  it('are undefined where the text is none', () => {
    const texts = [
      '',
      '0',
      '1994-11-06T08:49:37Z',
      'Sun, 31 Feb 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 25:49:37 GMT',
      `${MODIFIED}+1`,
    ]

    for (const text of texts) assert.equal(parseHttpDate(text), undefined, text)
  })

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        assert.equal(parseHttpDate(toHttpDate(new Date(seconds * 1000))), seconds * 1000)
      }),
    )
  })
})
