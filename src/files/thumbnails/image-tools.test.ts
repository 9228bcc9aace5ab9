import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { createLog } from '../../platform/log/index.ts'
import { averageColor, type ImageSource, type ImageToolsOptions, imageTools, type Pixels } from './image-tools.ts'
import { png, pngOf, samples, turnedJpeg, webpOf } from './testing.ts'
import { probe } from './worker/probe.ts'
import { shrink } from './worker/scale.ts'

const log = createLog('silent', () => {})
const sourceOf = (bytes: Buffer): ImageSource => ({ sizeBytes: bytes.length, open: async () => Readable.from([bytes]) })

/** The first, the middle and the last pixel, each as the colour that it is nearly. */
const cornersOf = ({ width, height, rgba }: Pixels) => {
  const at = (x: number, y: number): string => {
    const [red = 0, , blue = 0] = rgba.subarray((y * width + x) * 4)
    return red > blue ? 'red' : 'blue'
  }
  return [at(0, 0), at(width - 1, 0), at(0, height - 1), at(width - 1, height - 1)].join(' ')
}

describe('image tools', () => {
  const tools = imageTools({ log })
  after(() => tools.stop())
  const withTools = async (options: Partial<ImageToolsOptions>, work: (own: typeof tools) => Promise<void>) => {
    const own = imageTools({ log, ...options })
    await work(own).finally(() => own.stop())
  }

  for (const [format, bytes] of Object.entries(samples))
    it(`read ${format}`, async () => {
      const facts = await tools.inspect(sourceOf(bytes), { edges: [4], pixels: 8 })

      assert.deepEqual([facts.format, facts.width, facts.height], [format, 8, 4])
      assert.deepEqual(
        facts.thumbnails.map(({ width, height }) => [width, height]),
        [[4, 2]],
      )
      assert.equal(cornersOf(facts.pixels ?? assert.fail()), 'red blue red blue')
      const small = await tools.inspect(sourceOf(facts.thumbnails[0]?.bytes ?? assert.fail()), { pixels: 8 })
      assert.deepEqual([small.format, small.width, small.height], ['webp', 4, 2])
    })

  it('turn an image as it says that it lies', async () => {
    const seen = []

    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const facts = await tools.inspect(sourceOf(turnedJpeg(orientation)), { pixels: 8 })
      seen.push(`${facts.width}x${facts.height} ${cornersOf(facts.pixels ?? assert.fail())}`)
    }

    assert.deepEqual(seen, [
      '8x4 red blue red blue',
      '8x4 blue red blue red',
      '8x4 blue red blue red',
      '8x4 red blue red blue',
      '4x8 red red blue blue',
      '4x8 red red blue blue',
      '4x8 blue blue red red',
      '4x8 blue blue red red',
    ])
  })

  it('tell dimensions without decoding, also where nothing could be decoded', async () => {
    const facts = await tools.inspect(sourceOf(pngOf(40_000, 40_000, Buffer.alloc(10))))

    assert.deepEqual([facts.width, facts.height, facts.thumbnails, facts.pixels], [40_000, 40_000, [], undefined])
  })

  it('refuse what is too large, is broken, or is no image', async () => {
    const wish = { edges: [128] }
    const cases: [Buffer, string][] = [
      [pngOf(40_000, 40_000, Buffer.alloc(10)), 'too-large'],
      [pngOf(100, 100, Buffer.alloc(10)), 'unreadable'],
      [samples.avif.subarray(0, 300), 'unreadable'],
      [samples.jpeg.subarray(0, 60), 'unreadable'],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), 'unsupported'],
      [Buffer.from('short'), 'unsupported'],
    ]

    for (const [bytes, reason] of cases)
      await assert.rejects(tools.inspect(sourceOf(bytes), wish), { name: 'ImageError', reason })

    assert.equal((await tools.inspect(sourceOf(samples.png), wish)).thumbnails.length, 1)
  })

  it('take a WebP for as large as its largest frame, whatever it says of the whole', async () => {
    const [still, animated] = [webpOf([8, 4], [16_383, 16_383]), webpOf([8, 4], [16_383, 16_383], true)]

    for (const bytes of [still, animated]) {
      const { width, height } = await tools.inspect(sourceOf(bytes))
      assert.deepEqual([width, height], [16_383, 16_383])
      await assert.rejects(tools.inspect(sourceOf(bytes), { edges: [128] }), { reason: 'too-large' })
    }
    const modest = await tools.inspect(sourceOf(webpOf([8, 4], [8, 4])), { edges: [128] })
    assert.deepEqual([modest.width, modest.height, modest.thumbnails.length], [8, 4, 1])
  })

  it('keep transparency, and give what is transparent no colour', async () => {
    const dots = png(64, 64, (x) => (x % 2 === 0 ? [255, 0, 0, 255] : [0, 255, 0, 0]))

    const { pixels } = await tools.inspect(sourceOf(dots), { pixels: 16 })

    assert.ok(pixels !== undefined)
    const { rgba } = pixels
    assert.deepEqual([...rgba.subarray(0, 3)], [255, 0, 0])
    assert.ok(Math.abs((rgba[3] ?? 0) - 128) <= 1)
    assert.deepEqual(averageColor(pixels), { red: 255, green: 0, blue: 0 })
    assert.equal(averageColor({ width: 1, height: 1, rgba: Buffer.alloc(4) }), undefined)
  })

  it('say what reading the source failed with, and go on', async () => {
    const broken = (open: ImageSource['open']): ImageSource => ({ sizeBytes: 100, open })
    const failing = () =>
      new Readable({
        read() {
          this.destroy(new Error('The disk is gone.'))
        },
      })

    await assert.rejects(tools.inspect(broken(async () => Promise.reject(new Error('No such file.')))), /No such file/)
    await assert.rejects(tools.inspect(broken(async () => failing())), /The disk is gone/)

    assert.equal((await tools.inspect(sourceOf(samples.gif))).format, 'gif')
  })

  it('fail without harm when the process cannot work, or not in time', async () => {
    await withTools({ nodePath: '/nowhere/node' }, async (own) => {
      await assert.rejects(own.inspect(sourceOf(samples.png)), { reason: 'failed' })
    })
    await withTools({ timeoutMs: 1 }, async (own) => {
      await assert.rejects(own.inspect(sourceOf(samples.png), { edges: [128] }), { reason: 'failed' })
    })
  })

  it('read no file that is larger than allowed, and take only so many at once', async () => {
    await withTools({ maxBytes: 10 }, async (own) => {
      await assert.rejects(own.inspect(sourceOf(samples.png)), { reason: 'too-large' })
    })
    await withTools({}, async (own) => {
      const all = await Promise.allSettled(Array.from({ length: 250 }, () => own.inspect(sourceOf(samples.png))))

      const reasons = all.flatMap((one) => (one.status === 'rejected' ? [one.reason.reason] : []))
      assert.deepEqual([reasons.length > 0, [...new Set(reasons)]], [true, ['busy']])
    })
  })

  it('have no process when there is nothing to do', async () => {
    await withTools({ idleMs: 1 }, async (own) => {
      assert.equal(own.isRunning(), false)
      await own.inspect(sourceOf(samples.png))

      const deadline = Date.now() + 10_000
      while (own.isRunning() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))

      assert.equal(own.isRunning(), false)
      assert.equal((await own.inspect(sourceOf(samples.png))).format, 'png')
    })
  })

  it('read the head of any bytes without failing in another way than by reading behind their end', () => {
    const heads = fc.constantFrom(...Object.values(samples))
    const cut = fc.tuple(heads, fc.nat(400), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 12 }))

    fc.assert(
      fc.property(cut, ([bytes, length, changes]) => {
        const wrong = Buffer.from(bytes.subarray(0, length))
        for (const [at, value] of changes) if (at < wrong.length) wrong[at] = value
        try {
          probe(wrong)
        } catch (error) {
          assert.ok(error instanceof RangeError)
        }
      }),
    )
  })

  it('make images smaller without losing or adding light', () => {
    const size = fc.integer({ min: 1, max: 40 })

    fc.assert(
      fc.property(size, size, size, fc.nat(255), (width, height, edge, value) => {
        const data = new Uint8Array(width * height * 4).fill(255)
        for (let at = 0; at < data.length; at += 4) data[at] = value

        const small = shrink({ width, height, data }, edge)

        assert.ok(small.width <= Math.max(1, Math.min(edge, width)))
        for (let at = 0; at < small.data.length; at += 4)
          assert.deepEqual([small.data[at], small.data[at + 3]], [value, 255])
      }),
    )
  })
})
