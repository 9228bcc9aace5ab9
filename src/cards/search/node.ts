import type { CardType } from '../cards/contract.ts'
import type { Hue } from '../palettes/names.ts'
import type { Field } from './words.ts'

/** Words that must stand next to each other; mostly one. With `prefix` the last may go on. */
export interface Words {
  readonly is: 'words'
  readonly words: readonly string[]
  readonly prefix: boolean
  /** The only field in which they count; `label` is the title and the tags. */
  readonly field?: Field | 'label'
}

export const HAS = [
  'file',
  'link',
  'note',
  'image',
  'video',
  'audio',
  'document',
  'tag',
  'title',
  'description',
  'content',
  'color',
  'text',
] as const
export type Has = (typeof HAS)[number]

/** What can be asked of a card apart from its words. */
export type Filter =
  | { readonly by: 'type'; readonly types: readonly CardType[] }
  | { readonly by: 'tag'; readonly key: string }
  | { readonly by: 'favorite'; readonly favorite: boolean }
  | { readonly by: 'has'; readonly what: Has }
  /** Milliseconds; `from` belongs to it, `to` does not. */
  | { readonly by: 'created'; readonly from: number | undefined; readonly to: number | undefined }
  /** Bytes; both belong to it. */
  | { readonly by: 'size'; readonly min: number | undefined; readonly max: number | undefined }
  | { readonly by: 'color'; readonly hex: string; readonly hue: Hue | undefined }
  | { readonly by: 'nothing' }

export interface FilterNode {
  readonly is: 'filter'
  readonly filter: Filter
}

/** What a card must be. */
export type Node =
  | Words
  | FilterNode
  | { readonly is: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly is: 'not'; readonly of: readonly [Node] }

export type Scope = 'live' | 'trash' | 'everywhere'

export interface SearchQuery {
  readonly root: Node
  readonly scope: Scope
}

/** True when nothing but words is in it. */
export const isOfWords = (node: Node): boolean => {
  if (node.is === 'words') return true
  return node.is !== 'filter' && node.of.every(isOfWords)
}

/** The words that a card is wanted for, not those that exclude it. */
export const wantedWords = (node: Node): Words[] => {
  if (node.is === 'words') return [node]
  return node.is === 'filter' || node.is === 'not' ? [] : node.of.flatMap(wantedWords)
}

export const all = (of: readonly Node[]): Node => (of.length === 1 && of[0] !== undefined ? of[0] : { is: 'all', of })
