import { AppError, defineErrors } from '../../platform/errors.ts'
import type { Fetched, Fetcher } from '../../platform/http-client/index.ts'
import { imageTypeOf } from './images.ts'
import type { DocumentParser } from './parser/process.ts'
import type { PageDetails } from './parser/protocol.ts'
import type { Preview } from './previews.ts'
import { readAnswer } from './reading.ts'

export const LinkErrors = defineErrors({
  LINK_REFUSED: [502, 'The other server does not show this page to us.'],
  LINK_BROKEN: [502, 'The other server has trouble of its own.'],
})

/** What a link leads to. */
export interface LinkResult {
  /** Null for what is no page. */
  readonly page: PageDetails | null
  readonly image: Buffer | undefined
  readonly icon: Preview | undefined
}

export interface LinkReaderParts {
  readonly fetcher: Fetcher
  readonly parser: DocumentParser
  /** For the page, from the first look-up to its last byte. 30 s unless told. */
  readonly linkMs?: number
  /** For its picture and its icon together. 30 s unless told. */
  readonly picturesMs?: number
}

const TOTAL_MS = 30_000
const PAGE_BYTES = 2 * 1024 * 1024
const PDF_BYTES = 20 * 1024 * 1024
const IMAGE_BYTES = 20 * 1024 * 1024
const ICON_BYTES = 256 * 1024
const ACCEPT = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.5'

export type LinkReader = ReturnType<typeof linkReader>

/**
 * Looks at what links lead to: fetched from the public internet only, read by the parser's process, with the picture
 * and the icon that the page names.
 */
export const linkReader = ({ fetcher, parser, linkMs = TOTAL_MS, picturesMs = TOTAL_MS }: LinkReaderParts) => {
  const get = async (url: string, accept: string, signal: AbortSignal): Promise<Fetched> => {
    // How much is read of it is decided here, byte by byte, and not by what it announces.
    const fetched = await fetcher.fetch(url, { headers: { accept }, maxBytes: Infinity, totalMs: linkMs, signal })
    if (fetched.status >= 200 && fetched.status < 300) return fetched
    fetched.body.destroy()
    const passes = fetched.status >= 500 || [408, 425, 429].includes(fetched.status)
    throw new AppError(passes ? LinkErrors.LINK_BROKEN : LinkErrors.LINK_REFUSED, {
      message: `The other server answered with status ${fetched.status}.`,
    })
  }

  const getImage = async (url: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined> => {
    const bytes = await readAnswer(await get(url, 'image/*', signal), { maxBytes, cuts: false, signal })
    return imageTypeOf(bytes) === undefined ? undefined : bytes
  }

  /** A page without its picture is better than none, so what goes wrong here is only missing. */
  const tryImage = async (url: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined> => {
    try {
      return await getImage(url, maxBytes, signal)
    } catch {
      return undefined
    }
  }

  const getIcon = async (urls: readonly string[], signal: AbortSignal): Promise<Preview | undefined> => {
    for (const url of urls) {
      const bytes = await tryImage(url, ICON_BYTES, signal)
      const mediaType = bytes === undefined ? undefined : imageTypeOf(bytes)
      if (bytes !== undefined && mediaType !== undefined) return { kind: 'icon', mediaType, bytes }
    }
    return undefined
  }

  const readPage = async (fetched: Fetched, signal: AbortSignal): Promise<LinkResult> => {
    const bytes = await readAnswer(fetched, { maxBytes: PAGE_BYTES, cuts: true, signal })
    const page = await parser.page(bytes, fetched.headers['content-type'], fetched.url.href)
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(picturesMs)])
    const image = page.imageUrl === null ? undefined : await tryImage(page.imageUrl, IMAGE_BYTES, inTime)
    const icon = await getIcon(page.iconUrls, inTime)
    signal.throwIfAborted()
    return { page, image, icon }
  }

  const readPdf = async (fetched: Fetched, signal: AbortSignal): Promise<LinkResult> => {
    const bytes = await readAnswer(fetched, { maxBytes: PDF_BYTES, cuts: false, signal })
    const { title, text } = await parser.document(bytes, 'pdf', 'application/pdf')
    const named = title ?? decodeName(fetched.url)
    return { page: { ...NO_PAGE, title: named, text }, image: undefined, icon: undefined }
  }

  return {
    /**
     * @throws {AppError} Of `FetchErrors`, `LinkErrors`, `ReadingErrors` and `ParserErrors`
     */
    async read(url: string, signal: AbortSignal): Promise<LinkResult> {
      const fetched = await get(url, ACCEPT, signal)
      const type = (fetched.headers['content-type'] ?? 'text/html').split(';', 1)[0]?.trim().toLowerCase() ?? ''
      if (['text/html', 'application/xhtml+xml', 'text/plain'].includes(type)) return readPage(fetched, signal)
      if (type === 'application/pdf') return readPdf(fetched, signal)
      if (type.startsWith('image/')) {
        const bytes = await readAnswer(fetched, { maxBytes: IMAGE_BYTES, cuts: false, signal })
        return { page: null, image: imageTypeOf(bytes) === undefined ? undefined : bytes, icon: undefined }
      }
      fetched.body.destroy()
      return { page: null, image: undefined, icon: undefined }
    },
  }
}

const NO_PAGE: PageDetails = {
  title: null,
  description: null,
  siteName: null,
  author: null,
  publisher: null,
  publishedAt: null,
  canonicalUrl: null,
  imageUrl: null,
  iconUrls: [],
  text: '',
}

const decodeName = ({ pathname }: URL): string | null => {
  const name = pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(name) || null
  } catch {
    return name
  }
}
