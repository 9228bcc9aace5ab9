import { Readable } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import { type Route, reply, route } from '../../platform/http/index.ts'
import { exportCards } from './contract.ts'
import type { CardExports } from './service.ts'

export const exportRoutes = (exports: CardExports, clock: Clock): Route[] => [
  route(exportCards, ({ caller, request }) => {
    const archive = exports.archive(caller.accountId, request.signal)
    const name = `cards-${clock.now().toISOString().slice(0, 10)}.zip`
    return reply(200, Readable.from(archive, { objectMode: false }), {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    })
  }),
]
