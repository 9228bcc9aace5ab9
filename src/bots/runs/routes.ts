import { AppError } from '../../platform/errors.ts'
import { type Route, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { getRun, listRuns } from './contract.ts'
import { fromRow } from './record.ts'
import type { RunRepo } from './repo.ts'

export const runRoutes = (runs: RunRepo, bots: BotService): Route[] => [
  route(listRuns, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    const rows = await runs.list(caller.accountId, params.botid, query.limit, query.before)
    return wrap({
      runs: rows.map(fromRow),
      next_before: rows.length === query.limit ? (rows.at(-1)?.id ?? null) : null,
    })
  }),
  route(getRun, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    const row = await runs.find(caller.accountId, params.botid, params.runid)
    if (row === undefined) throw new AppError(BotErrors.RUN_NOT_FOUND)
    return wrap(fromRow(row))
  }),
]
