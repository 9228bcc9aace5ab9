import { z } from 'zod'
import { type Entry, type ImportSource, momentOf, type Saved, savedEntry } from './entry.ts'
import { jsonElements } from './json.ts'
import { textOf } from './text.ts'

const text = z.string().nullish()

const Bookmark = z.object({
  createdAt: z.union([z.number(), z.string()]).nullish(),
  title: text,
  tags: z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])).nullish(),
  lists: z.array(z.string()).nullish(),
  content: z.object({ type: text, url: text, text, description: text, sourceUrl: text }).nullish(),
  note: text,
  description: text,
  summary: text,
  archived: z.boolean().nullish(),
  favourited: z.boolean().nullish(),
  highlights: z.array(z.object({ text, note: text })).nullish(),
})
type Bookmark = z.infer<typeof Bookmark>

const List = z.object({ id: z.string(), name: z.string(), type: text })

const MAX_LISTS = 10_000

/** What Karakeep, once Hoarder, exports. Lists become tags; what it keeps as a file is not in its export. */
export async function* karakeepEntries(source: ImportSource): AsyncGenerator<Entry> {
  // The lists may stand behind the bookmarks that name them.
  const lists = new Map<string, string>()
  for await (const { value } of jsonElements(textOf(source), ['lists'])) {
    const list = List.safeParse(value)
    if (list.success && lists.size < MAX_LISTS) lists.set(list.data.id, list.data.name)
  }
  for await (const { value } of jsonElements(textOf(source), ['bookmarks'])) {
    const bookmark = Bookmark.safeParse(value)
    yield bookmark.success
      ? savedEntry(toSaved(bookmark.data, lists))
      : { line: null, problem: 'The entry is no bookmark.' }
  }
}

const toSaved = (bookmark: Bookmark, lists: ReadonlyMap<string, string>): Saved => {
  const { content, note, highlights } = bookmark
  const url = content?.url ?? content?.sourceUrl ?? undefined
  const body = url === undefined ? (content?.text ?? undefined) : undefined
  return {
    line: null,
    url,
    text: body,
    title: bookmark.title ?? undefined,
    description: bookmark.description ?? content?.description ?? bookmark.summary ?? undefined,
    notes: [note ?? undefined, ...(highlights ?? []).flatMap((mark) => [quoted(mark.text), mark.note ?? undefined])],
    tags: [
      ...(bookmark.lists ?? []).map((id) => lists.get(id) ?? ''),
      ...(bookmark.tags ?? []),
      ...(bookmark.archived === true ? ['archived'] : []),
    ],
    createdAt: dateOf(bookmark.createdAt),
    isFavorited: bookmark.favourited === true,
  }
}

const quoted = (mark: string | null | undefined): string | undefined => (mark == null ? undefined : `> ${mark}`)

const dateOf = (value: string | number | null | undefined): number | undefined =>
  momentOf(value ?? undefined) ?? (typeof value === 'string' ? Date.parse(value) || undefined : undefined)
