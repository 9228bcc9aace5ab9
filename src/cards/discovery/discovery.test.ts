import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testApp } from '../../../test/app.ts'

it('GET /v1 tells what the cards API offers, without a key', async () => {
  const app = await testApp('sqlite')

  const response = await fetch(`${app.url}/v1`)

  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), {
    version: 'v1',
    endpoints: [
      'POST /v1/cards',
      'GET /v1/cards',
      'GET /v1/cards/search',
      'GET /v1/cards/favorites',
      'GET /v1/cards/:id',
      'PATCH /v1/cards/:id',
      'PATCH /v1/cards/:id/favorite',
      'DELETE /v1/cards/:id',
      'GET /v1/tags',
    ],
    auth: 'Authorization: Bearer <API key>',
  })
})
