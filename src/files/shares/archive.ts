import { Readable } from 'node:stream'
import { AppError } from '../../platform/errors.ts'
import { type ZipEntry, zipArchive } from '../archives/zip.ts'
import { contentDisposition } from '../chunks/content-disposition.ts'
import type { ContentService } from '../files/content.ts'
import { nameKey, numberedName } from '../files/names.ts'
import { type Answer, contentAnswer } from './answers.ts'
import { ShareErrors } from './contract.ts'
import type { Downloads } from './downloads.ts'
import type { Asked } from './public-answers.ts'
import type { StoredShare } from './repo.ts'
import type { SharedFolder, shareTargets } from './targets.ts'
import type { Visitors } from './visitor.ts'

const PAGE = 500
/** Their names are all in memory while the archive is sent. */
const MAX_ENTRIES = 20_000
const PIECES_BYTES = 256 * 1024

// What Windows cannot have in a name, and the backslash, which some programs take for a slash.
const UNSAFE = /[\\:*?"<>|\p{Cc}]/gu
// https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** A name under which a file can be unpacked anywhere, and nowhere else than in its folder. */
export const safeName = (name: string): string => {
  const plain = name.replace(UNSAFE, '_').replace(/[. ]+$/, '_')
  return RESERVED.test(plain) || plain === '' ? `_${plain}` : plain
}

/** Names that no two entries of a folder share, in whatever case. */
const freshNames = () => {
  const taken = new Set<string>()
  return (name: string, kind: 'file' | 'folder'): string => {
    const safe = safeName(name)
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? safe : numberedName(safe, number, kind)
      if (taken.has(nameKey(candidate))) continue
      taken.add(nameKey(candidate))
      return candidate
    }
  }
}

export interface ArchiveParts {
  readonly targets: ReturnType<typeof shareTargets>
  readonly downloads: Downloads
  readonly visitors: Visitors
  readonly content: ContentService
}

/** Sends a shared folder as one archive: all of its files, or nothing that looks complete. */
export const archiveSender = ({ targets, downloads, visitors, content }: ArchiveParts) => {
  /** Files before folders that are empty: the first piece then shows whether anything can be read. @throws {AppError} */
  const entriesOf = async (top: SharedFolder, signal: AbortSignal): Promise<ZipEntry[]> => {
    const [files, empty] = [[] as ZipEntry[], [] as ZipEntry[]]
    const walk = async (shared: SharedFolder, prefix: string): Promise<void> => {
      signal.throwIfAborted()
      const [fresh, before] = [freshNames(), files.length]
      const folders: [SharedFolder, string][] = []
      for await (const folder of paged((after) => targets.folders(shared, after, PAGE)))
        folders.push([{ space: shared.space, folder, path: [] }, `${prefix}${fresh(folder.name, 'folder')}/`])
      for await (const file of paged((after) => targets.files(shared, after, PAGE))) {
        const open = () => content.read(file, { signal })
        const path = `${prefix}${fresh(file.name, 'file')}`
        files.push({ path, sizeBytes: file.size_bytes, modifiedAt: file.updated_at, open })
        if (files.length > MAX_ENTRIES) throw new AppError(ShareErrors.ARCHIVE_TOO_LARGE)
      }
      if (prefix !== '' && folders.length === 0 && files.length === before)
        empty.push({ path: prefix, sizeBytes: 0, modifiedAt: shared.folder.updated_at, open: nothing })
      if (files.length + empty.length > MAX_ENTRIES) throw new AppError(ShareErrors.ARCHIVE_TOO_LARGE)
      for (const [folder, path] of folders) await walk(folder, path)
    }
    await walk(top, '')
    return [...files, ...empty]
  }

  return async ({ request, visitor }: Asked, share: StoredShare, folderId: string | undefined): Promise<Answer> => {
    const { signal } = request
    const shared = await targets.folder(share, folderId)
    const isTop = shared.path.length === 1
    const title = isTop ? (share.name ?? shared.folder.name) : shared.folder.name
    const archive = zipArchive(await entriesOf(shared, signal), { signal })
    const headers = {
      'content-type': 'application/zip',
      'content-length': String(archive.sizeBytes),
      'content-disposition': contentDisposition('attachment', `${safeName(title)}.zip`),
      'accept-ranges': 'none',
      'cache-control': 'private, no-store',
    }
    if (request.method === 'HEAD') return contentAnswer(200, null, headers, [])
    const { opened, visitorId } = await downloads.ofArchive(share, shared.folder.id, visitor, () =>
      openStream(archive.pieces()),
    )
    const cookies = visitorId === undefined ? [] : [visitors.visitCookie(share, visitorId)]
    return contentAnswer(200, opened, headers, cookies)
  }
}

const nothing = async (): Promise<Readable> => Readable.from([])

/** @param page Gives those behind a name, by name. */
async function* paged<T extends { readonly name_key: string }>(
  page: (after: string) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  for (let after = ''; ; ) {
    const rows = await page(after)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.name_key
  }
}

/** @returns Once the first piece is there: what is wrong then is an answer, and not a connection that is cut. */
const openStream = async (pieces: AsyncGenerator<Buffer>): Promise<Readable> => {
  const first = await pieces.next()
  const all = async function* () {
    if (first.done !== true) yield first.value
    yield* pieces
  }
  const stream = Readable.from(all(), { objectMode: false, highWaterMark: PIECES_BYTES })
  // If nobody reads a piece, the generators never begin, and nobody else would close the file that is open.
  stream.once('close', () => void pieces.return(undefined).catch(() => {}))
  return stream
}
