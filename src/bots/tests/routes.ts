import { type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import { createTest, deleteTest, getTest, listTests, runTest, runTests, tryCommand, updateTest } from './contract.ts'
import type { TestService } from './service.ts'

export const testRoutes = (tests: TestService): Route[] => [
  route(createTest, async ({ caller, params, body }) => wrap(await tests.create(caller.accountId, params.botid, body))),
  route(listTests, async ({ caller, params }) => wrap({ tests: await tests.list(caller.accountId, params.botid) })),
  route(getTest, async ({ caller, params }) => wrap(await tests.get(caller.accountId, params.botid, params.testid))),
  route(updateTest, async ({ caller, params, body }) =>
    wrap(await tests.update(caller.accountId, params.botid, params.testid, body)),
  ),
  route(deleteTest, async ({ caller, params }) => {
    await tests.remove(caller.accountId, params.botid, params.testid)
    return wrap('Test deleted successfully' as const)
  }),
  route(runTest, async ({ caller, params }) => wrap(await tests.run(caller.accountId, params.botid, params.testid))),
  route(runTests, async ({ caller, params }) => wrap(await tests.runAll(caller.accountId, params.botid))),
  route(tryCommand, async ({ caller, params, body }) => wrap(await tests.try(caller.accountId, params.botid, body))),
]
