import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'

const Saved = z.looseObject({ structuredContent: z.looseObject({ cardId: z.string() }) })

for (const dialect of dialects)
  it(`the protocol's own client lists and calls every tool (${dialect})`, async () => {
    const app = await testApp(dialect)
    const ada = await app.account()
    const client = new Client({ name: 'test', version: '1.0.0' })
    await client.connect(
      new StreamableHTTPClientTransport(new URL('/mcp', app.url), {
        requestInit: { headers: { authorization: `Bearer ${ada.key}` } },
      }),
    )

    const { tools } = await client.listTools()
    const saved = await client.callTool({ name: 'teak_v1_create_card', arguments: { content: 'Leek soup' } })
    const { cardId } = Saved.parse(saved).structuredContent
    const calls: Record<string, Record<string, unknown>> = {
      teak_v1_list_cards: { limit: 10 },
      teak_v1_get_card: { cardId },
      teak_v1_create_card: { url: 'https://example.org/soup' },
      teak_v1_update_card: { cardId, tags: ['soup'] },
      teak_v1_set_card_favorite: { cardId, isFavorited: true },
      teak_v1_bulk_cards: { operation: 'favorite', items: [{ cardId, isFavorited: false }] },
      teak_v1_search_cards: { q: 'leek' },
      teak_v1_list_favorite_cards: {},
      teak_v1_list_tags: {},
      teak_v1_get_card_changes: { since: 0 },
      teak_v1_create_upload: { fileName: 'a.png', mimeType: 'image/png', fileSize: 10 },
      search: { query: 'leek' },
      fetch: { id: cardId },
      teak_v1_delete_card: { cardId, confirm: true },
    }

    assert.deepEqual(tools.map(({ name }) => name).toSorted(), Object.keys(calls).toSorted())
    // The client checks each answer against the schema that the list has promised.
    for (const [name, given] of Object.entries(calls)) {
      const result = await client.callTool({ name, arguments: given })
      assert.notEqual(result.isError, true, `${name}: ${JSON.stringify(result.content)}`)
    }
    await client.ping()
    await client.close()
  })
