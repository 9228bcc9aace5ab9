import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inflateSync } from 'node:zlib'
import { testApp } from '../../../../test/app.ts'
import type { Clock } from '../../../platform/clock.ts'
import { createSealer } from '../../../platform/sealed.ts'
import { simulatedBot } from '../../v2.fixture.ts'
import { CAPTCHA_LETTERS, captchaPicture } from './picture.ts'
import { captchaService } from './service.ts'

const DAY_MS = 86_400_000

describe('captchas', () => {
  let nowMs = 1_000_000
  const clock: Clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs }
  const sealer = createSealer('a secret of thirty-two characters', 'test')
  const captchas = captchaService({ sealer, clock, publicUrl: () => 'https://bots.example' })

  it('are PNGs of their text', () => {
    const picture = captchaPicture(CAPTCHA_LETTERS.slice(0, 12))
    const [width, height] = [picture.readUInt32BE(16), picture.readUInt32BE(20)]
    const length = picture.readUInt32BE(33)
    const pixels = inflateSync(picture.subarray(41, 41 + length))

    assert.equal(picture.subarray(1, 4).toString(), 'PNG')
    assert.equal(pixels.length, (width + 1) * height)
    assert.ok(pixels.some((shade) => shade < 60) && pixels.some((shade) => shade > 240))
  })

  it('know their text, whatever its case, for their bot and for a day', () => {
    const { id, text, url } = captchas.make('1', 'alphanumeric', null)

    assert.ok(url.endsWith(id))
    assert.ok(captchas.pictureAt(url))
    assert.equal(captchas.pictureAt('https://elsewhere.example/v2/captcha/x'), undefined)
    assert.ok(captchas.matches('1', id, ` ${text.toLowerCase()} `))
    assert.ok(!captchas.matches('2', id, text))
    assert.ok(!captchas.matches('1', id, `${text}X`))
    nowMs += DAY_MS + 1
    assert.ok(!captchas.matches('1', id, text))
    assert.equal(captchas.picture(id), undefined)
  })

  it('are shown to anybody by their address', async () => {
    const app = await testApp('sqlite')
    const ada = await app.account()
    const { say } = await simulatedBot(ada, { '/c': 'print(Bot.genCaptcha().captcha_url)' })
    const { run } = await say('/c')
    const { pathname } = new URL(run?.prints[0] ?? '')

    const picture = await ada.fetch(pathname)
    const none = await ada.fetch('/v2/captcha/made-up')

    assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/png'])
    assert.equal(none.status, 404)
  })
})
