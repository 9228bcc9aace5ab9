import { dialects, testDatabase } from '../../../../test/database.ts'
import { backendConformance } from '../conformance.ts'
import { openBackend, telegramPlace } from './testing.ts'

for (const dialect of dialects)
  backendConformance(`telegram (${dialect})`, async () => {
    const place = await telegramPlace(2)
    const backend = await openBackend(place, await testDatabase(dialect))
    return {
      backend,
      unknownLocator: 'chunk_none',
      invalidLocators: ['', '.', '..', 'a/b', '../a', 'a.b', 'a\0', '-100:7', 'x'.repeat(129)],
      async close() {
        await backend.close()
        place.close()
      },
    }
  })
