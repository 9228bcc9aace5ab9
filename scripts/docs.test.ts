import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { configurationPage } from './docs.ts'

const row = (page: string, name: string): string | undefined =>
  page.split('\n').find((line) => line.startsWith(`| \`LATCHKEY_${name}\``))

describe('the configuration page', () => {
  const page = configurationPage({
    PORT: { schema: z.coerce.number<string>().int().min(0).max(65535), default: '5282', about: 'Port to listen on.' },
    MODE: { schema: z.enum(['FULL', 'NORMAL']), default: 'FULL', about: 'Either | or.' },
    SIZE: {
      schema: z.coerce.number<string>().int().min(1).max(Number.MAX_SAFE_INTEGER),
      default: '8',
      about: 'Bytes.',
    },
    TOKEN: { schema: z.string().min(16).optional(), default: undefined, about: 'Opens the door.', secret: true },
  })

  it('says of each variable its default, what it takes and what it means', () => {
    assert.equal(row(page, 'PORT'), '| `LATCHKEY_PORT` | `5282` | 0 to 65535 | Port to listen on. |')
    assert.equal(row(page, 'MODE'), '| `LATCHKEY_MODE` | `FULL` | `FULL`, `NORMAL` | Either \\| or. |')
    assert.equal(row(page, 'SIZE'), '| `LATCHKEY_SIZE` | `8` | at least 1 | Bytes. |')
  })

  it('marks what is secret', () => {
    assert.equal(row(page, 'TOKEN'), '| `LATCHKEY_TOKEN` |  |  | **Secret.** Opens the door. |')
  })
})
