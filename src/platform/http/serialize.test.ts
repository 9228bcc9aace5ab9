import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { serializerFor } from './serialize.ts'

const Inner = z.object({ id: z.string(), note: z.string().nullable() }).meta({ id: 'SerializeInner' })

describe('printed replies', () => {
  it('hold the fields of the schema and no other', () => {
    const print = serializerFor(z.object({ a: z.int(), inner: Inner.nullable(), list: z.array(Inner) }))

    const text = print({
      a: 1,
      secret: 'x',
      inner: { id: 'i', note: null, hash: 'y' },
      list: [{ id: 'j', note: '"\u2028' }],
    })

    assert.deepEqual(JSON.parse(text), { a: 1, inner: { id: 'i', note: null }, list: [{ id: 'j', note: '"\u2028' }] })
  })

  it('print null where a field may be null', () => {
    const print = serializerFor(
      z.object({ inner: Inner.nullable(), n: z.number().nullable(), on: z.boolean().nullable() }),
    )

    assert.equal(print({ inner: null, n: null, on: null }), '{"inner":null,"n":null,"on":null}')
  })

  it('leave out what is optional and absent, and refuse what is required and absent', () => {
    const print = serializerFor(z.object({ a: z.string(), b: z.string().optional() }))

    assert.equal(print({ a: 'x' }), '{"a":"x"}')
    assert.throws(() => print({ b: 'x' }))
  })

  it('print unions, records and unknown values as they are', () => {
    const print = serializerFor(
      z.object({
        either: z.union([z.string(), z.array(z.int())]),
        any: z.unknown(),
        map: z.record(z.string(), z.int()),
      }),
    )

    const value = { either: [1, 2], any: { deep: [null] }, map: { x: 1 } }

    assert.deepEqual(JSON.parse(print(value)), value)
  })

  it('do not check a value again when the schema has an id: the printer is compiled', () => {
    const print = serializerFor(z.object({ inner: Inner }))

    // The slow way would refuse the number; the compiled printer writes it as the string that the schema says.
    assert.equal(print({ inner: { id: 7, note: null } }), '{"inner":{"id":"7","note":null}}')
  })
})
