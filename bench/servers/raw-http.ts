import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beReady } from '../processes.ts'

/** The yardstick of transfers: a body goes into one file, which is flushed to the disk; a GET sends the file back. */
const dir = mkdtempSync(join(tmpdir(), 'latchkey-bench-raw-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
const path = join(dir, 'file')
const BATCH_BYTES = 1024 * 1024

const receive = async (request: IncomingMessage): Promise<void> => {
  const file = await open(path, 'w')
  let batch: Buffer[] = []
  let size = 0
  const write = async (): Promise<void> => {
    const full = batch
    batch = []
    size = 0
    await file.writev(full)
  }
  for await (const chunk of request as AsyncIterable<Buffer>) {
    batch.push(chunk)
    size += chunk.length
    if (size >= BATCH_BYTES) await write()
  }
  if (size > 0) await write()
  await file.sync()
  await file.close()
}

const send = async (response: ServerResponse): Promise<void> => {
  const { size } = await stat(path)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
  createReadStream(path, { highWaterMark: BATCH_BYTES }).pipe(response)
}

const server = createServer(async (request, response) => {
  if (request.method === 'GET') return send(response)
  await receive(request)
  response.writeHead(201, { 'content-length': 0 }).end()
})
server.listen(0, '127.0.0.1', () => beReady({ port: (server.address() as AddressInfo).port, dataDir: dir }))
