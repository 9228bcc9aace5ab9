import { isMainThread, Worker } from 'node:worker_threads'
import { decodeText } from './charset.ts'
import { readDocument } from './documents.ts'
import { readPage } from './page.ts'
import type { ParserTask } from './protocol.ts'

// The process in which documents of strangers are read. It may open no file but its own sources, no connection and no
// process, and it is ended by its parent when it takes too long, and by a thread of its own when it takes too much or
// when its parent is gone: whoever is deep in a document does not hear of that.

const MOST_RESIDENT_BYTES = 640 * 1024 * 1024
const LOOK_MS = 50

const perform = async (task: ParserTask) =>
  task.task === 'page'
    ? { page: readPage(decodeText(task.bytes, task.contentType), task.url) }
    : { document: await readDocument(task.bytes, task.kind, task.contentType) }

const serve = (): void => {
  // Buffers are not counted as a script's heap, so the limit on that would not stop a bomb.
  new Worker(new URL(import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref()
  process.on('message', (task: ParserTask) => {
    perform(task).then(
      (reply) => process.send?.(reply),
      (error: unknown) =>
        process.send?.({ failed: String(error instanceof Error ? error.message : error).slice(0, 300) }),
    )
  })
  process.on('disconnect', () => process.exit())
}

if (isMainThread) serve()
else {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent || process.memoryUsage.rss() > MOST_RESIDENT_BYTES) process.kill(process.pid, 'SIGKILL')
  }, LOOK_MS)
}
