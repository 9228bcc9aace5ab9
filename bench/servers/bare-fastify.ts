import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { beReady, settingsOf } from '../processes.ts'

/** The yardstick: the same library with one route and nothing else. */
const { path, body } = settingsOf<{ path: string; body: object }>()

const app = Fastify()
app.get(path, (_request, reply) => {
  reply.send(body)
})
await app.listen({ host: '127.0.0.1', port: 0 })
beReady({ port: (app.server.address() as AddressInfo).port })
