import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type RequestInfo, type Route, route } from '../../platform/http/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { ContentService } from '../files/content.ts'
import { toMoment } from '../files/present.ts'
import { type Answer, failureAnswers, isShownToPeople, jsonAnswer, pageAnswer, seeOther } from './answers.ts'
import { archiveSender } from './archive.ts'
import { ShareErrors } from './contract.ts'
import type { Downloads } from './downloads.ts'
import type { Entrance } from './entrance.ts'
import type { Locks } from './locks.ts'
import { filePage } from './pages/pages.ts'
import { type Asked, contentSender, folderShower, leftOf, requestAnswer, uploadTaker } from './public-answers.ts'
import {
  getShareContent,
  getSharedArchive,
  getSharedFileContent,
  getSharedFolder,
  openShare,
  unlockShare,
  uploadToShare,
} from './public-contract.ts'
import type { StoredShare } from './repo.ts'
import type { FileRequests } from './requests.ts'
import { shareTargets } from './targets.ts'
import { UNLOCKED_MS, type Visitors } from './visitor.ts'

export interface PublicRouteParts {
  readonly database: Database
  readonly entrance: Entrance
  readonly locks: Locks
  readonly visitors: Visitors
  readonly downloads: Downloads
  readonly requests: FileRequests
  readonly content: ContentService
  readonly clock: Clock
  readonly log: Log
}

/** What anybody can ask for who holds a link. */
export const publicShareRoutes = (parts: PublicRouteParts): Route[] => {
  const { entrance, visitors, locks, clock } = parts
  const failures = failureAnswers(parts)
  const targets = shareTargets(parts.database.db)
  const sendContent = contentSender({ ...parts, failures })
  const sendArchive = archiveSender({ ...parts, targets })
  const showFolder = folderShower({ targets, visitors })
  const takeUpload = uploadTaker({ ...parts, failures })

  /** Charges the address, and says failures as whoever asks understands them. */
  const answered = async (
    { request, params }: { request: RequestInfo; params: { token: string } },
    work: (asked: Asked) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await work({ request, token: params.token, visitor: await entrance.charge(request) })
    } catch (error) {
      return failures.of(error, request, params.token)
    }
  }

  const openKind = async ({ token, visitor }: Asked, kind: StoredShare['kind']): Promise<StoredShare> => {
    const share = await entrance.open(token, visitor)
    if (share.kind !== kind) throw new AppError(ShareErrors.SHARE_FILE_NOT_FOUND)
    return share
  }

  const unlock = async ({ request, token, visitor }: Asked, password: string): Promise<Answer> => {
    const share = await entrance.find(token)
    await locks.assertPassword(share, password, visitor)
    const expiresMs = clock.now().getTime() + UNLOCKED_MS
    const unlockToken = visitors.unlockToken(share, expiresMs)
    const cookies = [visitors.unlockCookie(share, unlockToken)]
    if (isShownToPeople(request)) return seeOther(`/s/${token}`, cookies)
    return jsonAnswer(200, { unlock_token: unlockToken, expires_at: toMoment(expiresMs) }, cookies)
  }

  const open = async (
    asked: Asked,
    { download, after }: { download?: string | undefined; after?: string | undefined },
  ) => {
    const share = await entrance.open(asked.token, asked.visitor)
    const isPage = isShownToPeople(asked.request)
    if (share.kind === 'file' && !isPage) return sendContent(asked, share, await targets.file(share), download === '1')
    await entrance.assertNotExhausted(share, asked.visitor)
    if (share.kind === 'request') {
      await targets.root(share)
      return requestAnswer(share, isPage)
    }
    if (share.kind === 'folder') return showFolder(asked, share, { after })
    const page = filePage(share, await targets.file(share), leftOf(share))
    return pageAnswer(200, page, visitors.visitCookies(share, asked.visitor))
  }

  return [
    route(openShare, (input) => answered(input, (asked) => open(asked, input.query))),

    route(getShareContent, (input) =>
      answered(input, async (asked) => {
        const share = await openKind(asked, 'file')
        return sendContent(asked, share, await targets.file(share), input.query.download === '1')
      }),
    ),

    route(getSharedFolder, (input) =>
      answered(input, async (asked) => {
        const share = await openKind(asked, 'folder')
        await entrance.assertNotExhausted(share, asked.visitor)
        return showFolder(asked, share, { id: input.params.id, after: input.query.after })
      }),
    ),

    route(getSharedFileContent, (input) =>
      answered(input, async (asked) => {
        const share = await openKind(asked, 'folder')
        const file = await targets.fileIn(share, input.params.id)
        return sendContent(asked, share, file, input.query.download === '1')
      }),
    ),

    route(getSharedArchive, (input) =>
      answered(input, async (asked) => sendArchive(asked, await openKind(asked, 'folder'), input.query.folder)),
    ),

    route(unlockShare, (input) => answered(input, (asked) => unlock(asked, input.body.password))),

    route(uploadToShare, (input) =>
      answered(input, async (asked) => takeUpload(asked, await openKind(asked, 'request'))),
    ),
  ]
}
