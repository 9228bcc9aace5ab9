import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPasswords, isAcceptablePassword } from './passwords.ts'

const passwords = createPasswords('a secret of a test, thirty-two long')
const PASSWORD = 'correct horse battery staple'

describe('a password', () => {
  it('is kept as argon2id with a salt of its own, at no less than 46 MiB and one pass', async () => {
    const [one, two] = [await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)]

    assert.match(one, /^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.notEqual(one, two)
    assert.ok((await passwords.verify(PASSWORD, one)) && (await passwords.verify(PASSWORD, two)))
  })

  it('is right in either Unicode form, and wrong by a letter', async () => {
    const stored = await passwords.hash('Café au lait')

    assert.equal(await passwords.verify('Cafe\u0301 au lait', stored), true)
    assert.equal(await passwords.verify('Cafe au lait', stored), false)
    assert.equal(await passwords.verify('café au lait', stored), false)
  })

  it('opens nothing on an installation with another secret', async () => {
    const stored = await passwords.hash(PASSWORD)

    assert.equal(await createPasswords('another secret, thirty-two letters').verify(PASSWORD, stored), false)
  })

  it('is wrong for an account that does not exist, after waiting for its turn like any other', async () => {
    const busy = Array.from({ length: availableParallelism() }, () => passwords.hash(PASSWORD))
    let hashed = 0
    for (const one of busy) one.then(() => (hashed += 1))

    assert.equal(await passwords.verify(PASSWORD, undefined), false)

    // It took a place among the hashes and did the work of one, or it would have been first.
    assert.ok(hashed >= 1)
    await Promise.all(busy)
  })

  it('is refused with a time to come back when the line is full, and the line empties', async () => {
    const atOnce = Math.max(1, availableParallelism() - 1)
    const many = Array.from({ length: atOnce + 32 + 5 }, () => passwords.hash(PASSWORD))

    await assert.rejects(passwords.enter(), { code: 'PASSWORDS_BUSY' })
    const outcomes = await Promise.allSettled(many)

    const refused = outcomes.filter((one) => one.status === 'rejected')
    assert.equal(refused.length, 5)
    await passwords.enter()
    for (const { reason } of refused)
      assert.deepEqual([reason.code, reason.status, reason.retryAfterSeconds], ['PASSWORDS_BUSY', 503, 2])
    assert.equal(await passwords.verify(PASSWORD, await passwords.hash(PASSWORD)), true)
  })

  it('is looked up for one a turn of the event loop, whoever else signs in', async () => {
    let turn = 0
    let isOver = false
    const turning = (async () => {
      for (; !isOver; turn++) await nextTurn()
    })()
    const turns: number[] = []
    const crowd = Array.from({ length: 40 }, async () => {
      await passwords.enter()
      turns.push(turn)
    })
    await Promise.all(crowd)
    isOver = true
    await turning

    assert.equal(new Set(turns).size, crowd.length)
  })

  it('is none of those that anybody would guess', () => {
    for (const common of ['password', 'PASSWORD1', 'Password123!', 'qwerty123', 'changeme!'])
      assert.equal(isAcceptablePassword(common), false, common)
    assert.equal(isAcceptablePassword(PASSWORD), true)
  })
})
