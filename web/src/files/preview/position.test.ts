import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keepPosition, positionOf } from './position.ts'

/** As a browser's: what is kept stands in it as members. */
const emptyStorage = (): Storage => {
  const kept: Record<string, string> = {}
  return new Proxy<Storage>(
    {
      length: 0,
      clear() {},
      key: () => null,
      getItem: (key) => kept[key] ?? null,
      setItem(key, value) {
        kept[key] = value
      },
      removeItem(key) {
        delete kept[key]
      },
    },
    {
      ownKeys: () => Object.keys(kept),
      getOwnPropertyDescriptor: (_, key) => ({ value: kept[String(key)], enumerable: true, configurable: true }),
    },
  )
}

describe('the place in a recording', () => {
  it('is remembered by its content', () => {
    const storage = emptyStorage()

    keepPosition(storage, 'hash', 61.7, 300)

    assert.equal(positionOf(storage, 'hash'), 61)
    assert.equal(positionOf(storage, 'another'), 0)
  })

  it('is forgotten at the beginning and at the end', () => {
    const storage = emptyStorage()
    keepPosition(storage, 'hash', 100, 300)

    keepPosition(storage, 'hash', 297, 300)

    assert.equal(positionOf(storage, 'hash'), 0)
  })

  it('is kept of the last two hundred', () => {
    const storage = emptyStorage()

    for (let number = 0; number < 205; number += 1) keepPosition(storage, `hash ${number}`, 100, 300)

    assert.equal(positionOf(storage, 'hash 0'), 0)
    assert.equal(positionOf(storage, 'hash 204'), 100)
  })
})
