import { FILE_SORTS, type FileSort } from '../../../src/files/files/contract.ts'

/** What the part of an address behind `/files/` names. */
export type Place =
  | { readonly kind: 'folder'; readonly id: string | null }
  | { readonly kind: 'links' | 'trash' | 'storage' }

const PAGES = ['links', 'trash', 'storage'] as const

export const placeOf = (rest: string): Place => {
  const name = rest.replace(/\/+$/, '')
  const kind = PAGES.find((page) => page === name)
  return kind === undefined ? { kind: 'folder', id: name === '' ? null : name } : { kind }
}

export const ORDERS = ['asc', 'desc'] as const
export type Order = (typeof ORDERS)[number]

/** What an address says besides the place; absent is the default. */
export interface FilesSearch {
  /** The words and pills of a search. */
  readonly q?: string
  readonly sort?: FileSort
  readonly order?: Order
  /** The file that is shown full window. */
  readonly open?: string
  /** Whose drive; absent is one's own. */
  readonly team?: string
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** Reads what stands in an address; what it does not know it leaves out. */
export const filesSearch = (search: Record<string, unknown>): FilesSearch => {
  const q = textOf(search.q)
  const sort = FILE_SORTS.find((name) => name === search.sort)
  const order = ORDERS.find((name) => name === search.order)
  const open = textOf(search.open)
  const team = textOf(search.team)
  return {
    ...(q === undefined ? {} : { q }),
    ...(sort === undefined ? {} : { sort }),
    ...(order === undefined ? {} : { order }),
    ...(open === undefined ? {} : { open }),
    ...(team === undefined ? {} : { team }),
  }
}
