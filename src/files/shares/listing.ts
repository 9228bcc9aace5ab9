import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'
import type { SharedFile, SharedFolder, shareTargets } from './targets.ts'

const PAGE = 200

export interface ListingPage {
  readonly folders: readonly { readonly id: string; readonly name: string }[]
  readonly files: readonly SharedFile[]
  /** Where the next page starts; undefined on the last. */
  readonly next: string | undefined
}

/** One page of a shared folder: its folders, then its files, each by name. @throws {AppError} INVALID_INPUT */
export const listingPage = async (
  targets: ReturnType<typeof shareTargets>,
  shared: SharedFolder,
  after: string,
): Promise<ListingPage> => {
  const { kind, key } = after === '' ? { kind: 'd', key: '' } : parsePosition(after)
  const folders = kind === 'd' ? await targets.folders(shared, key, PAGE + 1) : []
  if (folders.length > PAGE) {
    const page = folders.slice(0, PAGE)
    return { folders: page, files: [], next: toPosition('d', page.at(-1)?.name_key ?? '') }
  }
  const room = PAGE - folders.length
  const found = await targets.files(shared, kind === 'f' ? key : '', room + 1)
  const files = found.slice(0, room)
  const next = found.length > room ? toPosition('f', files.at(-1)?.name_key ?? '') : undefined
  return { folders, files, next }
}

const toPosition = (kind: 'd' | 'f', key: string): string => Buffer.from(`${kind}${key}`).toString('base64url')

const parsePosition = (text: string): { kind: string; key: string } => {
  const position = Buffer.from(text, 'base64url').toString('utf8')
  const [kind = '', key] = [position.slice(0, 1), position.slice(1)]
  if ((kind !== 'd' && kind !== 'f') || key.includes('\0') || !key.isWellFormed())
    throw new AppError(Failures.INVALID_INPUT, { message: 'after does not continue this folder.' })
  return { kind, key }
}
