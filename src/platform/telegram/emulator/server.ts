import { once } from 'node:events'
import { createServer } from 'node:http'
import { systemClock } from '../../clock.ts'
import { createEmulator, type Emulator, type EmulatorOptions } from './emulator.ts'
import { OFF } from './flood.ts'
import { emulatorHttp } from './http.ts'
import { memoryStore, UNLIMITED } from './store.ts'

export interface EmulatorServer {
  emulator: Emulator
  /** What a client takes as the root of the Bot API. */
  apiRoot: string
  /** Ends every connection, and forgets everything. */
  close(): void
}

/**
 * An emulator that listens on a free port of this machine and keeps every message and every byte, in a temporary folder
 * unless another is given, without any limit on how fast.
 *
 * @see docs/telegram-emulator.md
 */
export const startEmulator = async (options: Partial<EmulatorOptions> = {}): Promise<EmulatorServer> => {
  const store = memoryStore(UNLIMITED)
  const emulator = createEmulator({ clock: systemClock, store, filesFolder: 'temporary', flood: OFF, ...options })
  const handle = emulatorHttp(emulator)
  const server = createServer((request, response) => {
    handle(request, response, request.url ?? '/').catch((error: unknown) => {
      // A bug of the emulator: the caller's test is to fail, and to say why.
      server.emit('error', error)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port')
  return {
    emulator,
    apiRoot: `http://127.0.0.1:${address.port}`,
    close() {
      server.close().closeAllConnections()
      emulator.close()
    },
  }
}
