import type { Db } from '../platform/db/index.ts'

/** What a bot may know of a card of its owner. */
export interface KnownCard {
  readonly id: string
  readonly type: string
  readonly content: string
  readonly url: string | null
  readonly notes: string | null
  /** Of the page behind a link, or the name of the file. */
  readonly title: string | null
  readonly tags: readonly string[]
  readonly fileName: string | null
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The card in the web app. */
  readonly appUrl: string
}

/** Bytes that are to be a card's. */
export interface KnowledgeFile {
  readonly name: string
  /** Found out from the name where it is not known. */
  readonly mediaType: string | undefined
  readonly bytes: Buffer
}

export interface NewKnowledge {
  /** One of the types of cards; found out unless given. */
  readonly type: string | undefined
  readonly content: string | undefined
  readonly url: string | undefined
  readonly notes: string | null
  readonly tags: readonly string[]
  /** Which program it comes from. */
  readonly source: string
  readonly file: KnowledgeFile | undefined
}

/** What keeps something from being done twice. Both are asked in the transaction that does it. */
export interface Once {
  /** @returns The id of what came of it before. */
  find(tx: Db): Promise<string | undefined>
  /** It is done now. */
  put(tx: Db, id: string): Promise<void>
}

export interface KnowledgeChange {
  readonly tags?: readonly string[] | undefined
  readonly notes?: string | null | undefined
  /** Put below the notes that are there. */
  readonly appendedNote?: string | undefined
}

/** What becomes true together with a change, in its transaction. */
export type Also = (tx: Db) => Promise<void>

/** The cards of an account as bots reach them. Whoever builds the server gives it to the bots area. */
export interface KnowledgeBridge {
  /** @throws {AppError} when the card cannot be as it is wanted */
  save(
    accountId: string,
    card: NewKnowledge,
    once: Once,
    signal: AbortSignal,
  ): Promise<{ card: KnownCard; isNew: boolean; duplicateOf: string | undefined }>
  /** The best match first; the newest first without words. */
  find(accountId: string, words: string, limit: number): Promise<{ cards: KnownCard[]; total: number }>
  /** @throws {AppError} with status 404 */
  get(accountId: string, id: string): Promise<KnownCard>
  /** @throws {AppError} with status 404 */
  update(accountId: string, id: string, change: KnowledgeChange, also: Also): Promise<KnownCard>
  /** Into the trash. @throws {AppError} with status 404 */
  delete(accountId: string, id: string, also: Also): Promise<void>
}
