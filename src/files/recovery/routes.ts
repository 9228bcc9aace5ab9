import { AppError } from '../../platform/errors.ts'
import { type Caller, type Route, route } from '../../platform/http/index.ts'
import { toMoment } from '../files/present.ts'
import { StorageErrors } from '../storage/errors.ts'
import { getIndex, makeIndex } from './contract.ts'
import type { Snapshot, Snapshots } from './snapshots.ts'

export interface RecoveryRoutesParts {
  /** Undefined where no Telegram is set up. */
  readonly snapshots: Snapshots | undefined
  /** @throws {AppError} ADMIN_ONLY */
  readonly assertAdmin: (accountId: string) => Promise<void>
}

export const recoveryRoutes = ({ snapshots, assertAdmin }: RecoveryRoutesParts): Route[] => {
  const forAdmin = async ({ accountId }: Caller): Promise<Snapshots> => {
    await assertAdmin(accountId)
    if (snapshots === undefined) throw new AppError(StorageErrors.BACKEND_UNKNOWN)
    return snapshots
  }
  return [
    route(makeIndex, async ({ caller }) => present(await (await forAdmin(caller)).make())),
    route(getIndex, async ({ caller }) => {
      const latest = await (await forAdmin(caller)).latest()
      return { index: latest === undefined ? null : present(latest) }
    }),
  ]
}

const present = ({ files, sizeBytes, madeAt }: Snapshot) => ({
  files,
  size_bytes: sizeBytes,
  made_at: toMoment(madeAt),
})
