import assert from 'node:assert/strict'
import { it } from 'node:test'
import { contracts } from '../../src/contracts.ts'
import { isBytesReply } from '../../src/platform/http/contract.ts'
import { compileSerializer } from '../../src/platform/http/serialize.ts'

// A server compiles each when it is first needed, so none of its starts would tell.
it('every reply of the contracts can be compiled to what prints it', () => {
  const schemas = contracts.flatMap(({ returns: [, schema] }) =>
    schema === null || isBytesReply(schema) ? [] : [schema],
  )
  assert.ok(schemas.length > 100)

  for (const schema of schemas) assert.equal(typeof compileSerializer(schema), 'function')
})
