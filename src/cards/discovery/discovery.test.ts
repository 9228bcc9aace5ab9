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
      'GET /v1/cards/changes',
      'POST /v1/cards/bulk',
      'GET /v1/cards/:id',
      'PATCH /v1/cards/:id',
      'PATCH /v1/cards/:id/favorite',
      'DELETE /v1/cards/:id',
      'POST /v1/cards/:id/read-again',
      'POST /v1/uploads',
      'PUT /v1/uploads/:key',
      'GET /v1/files/:id',
      'GET /v1/previews/:id',
      'GET /v1/trash',
      'POST /v1/cards/:id/restore',
      'DELETE /v1/trash/:id',
      'DELETE /v1/trash',
      'GET /v1/tags',
      'PATCH /v1/tags/:name',
      'POST /v1/tags/merge',
      'DELETE /v1/tags/:name',
      'GET /v1/saved-searches',
      'POST /v1/saved-searches',
      'GET /v1/saved-searches/:id',
      'PATCH /v1/saved-searches/:id',
      'DELETE /v1/saved-searches/:id',
      'POST /v1/saved-searches/:id/feed',
      'DELETE /v1/saved-searches/:id/feed',
      'GET /v1/feeds/:file',
      'GET /v1/export',
      'POST /v1/imports',
      'GET /v1/imports',
      'GET /v1/imports/:id',
      'DELETE /v1/imports/:id',
    ],
    auth: 'Authorization: Bearer <API key>',
    mcp: { endpoint: `${app.url}/mcp`, transport: 'streamable-http', auth: 'Authorization: Bearer <API key>' },
  })
})
