import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a test context, and the `{ after }` of node:test, have in common. */
export type Cleanup = { after: (fn: () => void | Promise<void>) => void }

/** A new empty folder (0700) that is removed when the test `t` has ended. Hooks run in order, so ask for it first. */
export const tempDir = (t: Cleanup): string => {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-'))
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}
