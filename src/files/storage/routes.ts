import { type Caller, type Route, reply, route } from '../../platform/http/index.ts'
import type { StoredFile } from '../files/repo.ts'
import {
  changeMove,
  getMove,
  getStorage,
  listMoves,
  listPolicies,
  replacePolicies,
  rotateKeys,
  startMove,
  testBackend,
  updateBackend,
  verifyFile,
} from './contract.ts'
import type { Keyring } from './keys.ts'
import type { BlobMover } from './moves.ts'
import type { Policies } from './policies.ts'
import { type StorageService, toMove } from './service.ts'

export interface StorageRoutesParts {
  readonly storage: StorageService
  readonly moves: BlobMover
  readonly policies: Policies
  readonly keys: Keyring
  /** @throws {AppError} FILE_NOT_FOUND */
  readonly findFile: (accountId: string, id: string) => Promise<StoredFile>
}

export const storageRoutes = ({ storage, moves, policies, keys, findFile }: StorageRoutesParts): Route[] => {
  const asAdmin = async <T>({ accountId }: Caller, work: () => Promise<T>): Promise<T> => {
    await storage.assertAdmin(accountId)
    return work()
  }

  return [
    route(getStorage, () => storage.overview()),

    route(updateBackend, ({ caller, params: { name }, body }) =>
      asAdmin(caller, async () => ({ name, settings: await storage.change(name, body) })),
    ),
    route(testBackend, ({ caller, params }) => asAdmin(caller, () => storage.test(params.name))),

    route(listPolicies, ({ caller }) =>
      asAdmin(caller, async () => ({ policies: [...(await policies.rules()).policies] })),
    ),
    route(replacePolicies, ({ caller, body }) =>
      asAdmin(caller, async () => ({ policies: [...(await storage.replacePolicies(body.policies))] })),
    ),
    route(rotateKeys, ({ caller }) => asAdmin(caller, async () => ({ rotated: await keys.rotate() }))),

    route(startMove, ({ caller, body: { from, to, filter = {} } }) =>
      asAdmin(caller, async () => {
        storage.assertKnown([from, to])
        const move = toMove(await moves.start(from, to, filter, caller.accountId))
        return reply(201, move, { location: `/api/v1/storage/moves/${move.id}` })
      }),
    ),
    route(listMoves, ({ caller }) => asAdmin(caller, async () => ({ moves: (await moves.list()).map(toMove) }))),
    route(getMove, ({ caller, params }) => asAdmin(caller, async () => toMove(await moves.get(params.id)))),
    route(changeMove, ({ caller, params: { id, action } }) =>
      asAdmin(caller, async () => toMove(await moves[action](id))),
    ),

    route(verifyFile, async ({ caller, params, request }) =>
      storage.verify(await findFile(caller.accountId, params.id), request.signal),
    ),
  ]
}
