import type { File } from '../../../../src/files/files/contract.ts'

/** How many files come at once: the most that the server gives. */
export const PAGE_SIZE = 200

export interface ListPage {
  readonly files: readonly File[]
  /** Where the next page begins; null behind the last. */
  readonly next: string | null
}

/** A list of files of which some pages are here. Rows of the others are counted, and have no file yet. */
export interface Listing {
  readonly total: number
  readonly pages: readonly (ListPage | undefined)[]
  /** Row at which each page begins, and behind the last page the number of rows. */
  readonly starts: readonly number[]
}

/** @param total Files that match, as the server counted them. @param pages By number. */
export const toListing = (total: number, pages: ReadonlyMap<number, ListPage>): Listing => {
  const count = Math.max(Math.ceil(total / PAGE_SIZE), ...[...pages.keys()].map((page) => page + 1), 0)
  const all = Array.from({ length: count }, (_, page) => pages.get(page))
  const starts = [0]
  for (const [page, content] of all.entries()) {
    const expected = Math.max(0, Math.min(PAGE_SIZE, total - page * PAGE_SIZE))
    starts.push((starts[page] ?? 0) + (content?.files.length ?? expected))
  }
  return { total, pages: all, starts }
}

export const countOf = ({ starts }: Listing): number => starts.at(-1) ?? 0

/** The page that a row is on. */
export const pageOf = ({ starts }: Listing, row: number): number => {
  let [low, high] = [0, starts.length - 2]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= row) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}

/** @returns undefined while its page is not here. */
export const fileAt = (listing: Listing, row: number): File | undefined => {
  const page = pageOf(listing, row)
  return listing.pages[page]?.files[row - (listing.starts[page] ?? 0)]
}

/** The pages that rows are on, here or not. @param last The row after the last. */
export const pagesOf = (listing: Listing, first: number, last: number): number[] => {
  if (last <= first || listing.pages.length === 0) return []
  const [from, to] = [pageOf(listing, first), pageOf(listing, last - 1)]
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

const mapOf = ({ pages }: Listing): Map<number, ListPage> =>
  new Map(pages.flatMap((content, page) => (content === undefined ? [] : [[page, content] as const])))

export const withPage = (listing: Listing, page: number, content: ListPage, total: number): Listing =>
  toListing(total, mapOf(listing).set(page, content))

/** What it is when some files have left; the rows behind them move up. */
export const withoutFiles = (listing: Listing, ids: ReadonlySet<string>): Listing => {
  const pages = mapOf(listing)
  for (const [page, content] of pages)
    pages.set(page, { ...content, files: content.files.filter(({ id }) => !ids.has(id)) })
  return toListing(listing.total, pages)
}
