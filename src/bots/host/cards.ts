import type { KnowledgeBridge, KnownCard, NewKnowledge } from '../knowledge.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import { type BridgeGate, filesOf, type GivenFile, type SaveKey } from './bridges.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import type { FilesBridge } from './files-bridge.ts'
import { defaulting, file, int, list, optional, text } from './parameters.ts'
import type { Save } from './saves-repo.ts'

const MAX_FOUND = 50
const MAX_LOOKED_BACK = 20
const BRIDGE = 'cards_bridge'
const SETTING = 'The setting cards_bridge of the bot must be on, else it raises PermissionError.'
const id = text('The id of a card.')

const save = declare({
  name: 'libs.Cards.save',
  parameters: {
    content: optional(text('What the card says, as Markdown. Nothing but one address becomes a link.')),
    url: optional(text('The address of a link.')),
    file: optional(file('A File, the id of a file, or a part of a message such as message.document; or up to ten.')),
    note: optional(text('A note on it.')),
    tags: optional(list('Tags.')),
    type: optional(text('text, link, quote, palette, image …; found out unless given.')),
    once: optional(text('Of what this is the card: what was saved with the same text in a month is not saved again.')),
  },
  returns: 'dict',
  about: "Saves a card for the bot's owner: {id, type, app_url, is_new, duplicate_of, …}.",
  example: 'card = libs.Cards.save("Whisk the yolks first", tags=["recipes"])\nbot.sendMessage(card.app_url)',
  notes: `${SETTING} An update that is handled twice saves once. Of several files the first is the card's, and the others lie in the folder Telegram of the files, with links to them in the card.`,
})
const find = declare({
  name: 'libs.Cards.find',
  parameters: {
    query: defaulting(text('Words and filters, as in the search of the cards; none: the newest.'), ''),
    limit: defaulting(int(`How many at most, up to ${MAX_FOUND}.`), 10),
  },
  returns: 'list',
  about: "Searches the owner's cards, the best match first.",
  example: 'for card in libs.Cards.find("sabayon type:text", 5):\n    bot.sendMessage(card.title or card.content)',
  notes: SETTING,
})
const get = declare({
  name: 'libs.Cards.get',
  parameters: { id },
  returns: 'dict',
  about: 'Gives one card; raises LookupError if there is none.',
  example: 'libs.Cards.get(card.id).notes',
  notes: SETTING,
})
const update = declare({
  name: 'libs.Cards.update',
  parameters: {
    id,
    note: optional(text('In the place of the note.')),
    append_note: optional(text('Put below the note that is there.')),
    tags: optional(list('In the place of the tags.')),
  },
  returns: 'dict',
  about: 'Changes the note or the tags of a card; what is not given stays.',
  example: 'libs.Cards.update(card.id, append_note="With less sugar")',
  notes: SETTING,
})
const remove = declare({
  name: 'libs.Cards.delete',
  parameters: { id },
  returns: 'dict',
  about: 'Moves a card to the trash.',
  example: 'libs.Cards.delete(card.id)',
  notes: SETTING,
})
const undo = declare({
  name: 'libs.Cards.undo',
  parameters: {},
  returns: 'dict | None',
  about: 'Moves to the trash what this user made the bot save last, card or file; None if there is nothing.',
  example: 'bot.sendMessage("Gone" if libs.Cards.undo() else "There is nothing to undo")',
  notes: 'At least one of the settings cards_bridge and files_bridge must be on. It goes back a month, one by one.',
})

export const cardDeclarations = [save, find, get, update, remove, undo] as const

export interface CardsParts {
  readonly gate: BridgeGate
  readonly bridge: KnowledgeBridge
  readonly files: FilesBridge
}

/** What commands may do with the cards of their owner. */
export const cardHandlers = ({ gate, bridge, files }: CardsParts): Handler[] => {
  /** The others of several files; the same ones when it is done once more. */
  const keepOthers = async (
    context: HostContext,
    { place, key }: SaveKey,
    others: readonly { read(): Promise<GivenFile> }[],
  ) => {
    const kept = []
    for (const [index, { read }] of others.entries())
      kept.push(await files.keep(context, { key: { place, key: `${key}/${index + 2}` }, read, isPartOf: true }))
    return kept
  }

  const saveCard = async (
    context: HostContext,
    once: string | null,
    given: Json,
    draft: Omit<NewKnowledge, 'file' | 'source'>,
  ): Promise<Json> => {
    const [first, ...others] = filesOf(context, given)
    const label = [first, ...others].map((one) => one?.label ?? null)
    const saving = gate.keyOf(context, once, [draft.content ?? null, draft.url ?? null, draft.notes, label])
    const before = await gate.found(saving)
    if (before !== undefined) {
      const card = await bridge.get(context.accountId, before.id).catch(() => undefined)
      if (card !== undefined) return { ...shown(card), is_new: false, duplicate_of: null, files: [...before.files] }
    }
    const main = await first?.read()
    const kept = await keepOthers(context, saving, others)
    const content = [draft.content, ...kept.map(({ link }) => link)].filter((part) => part).join('\n\n')
    const wanted = {
      ...draft,
      content: content === '' ? undefined : content,
      source: `bot:${context.botId}`,
      file: main,
    }
    const ids = kept.map((one) => one.id)
    const { card, isNew, duplicateOf } = await bridge.save(
      context.accountId,
      wanted,
      {
        find: async (tx) => (await gate.found(saving, tx))?.id,
        put: (tx, cardId) => gate.note(tx, saving, { kind: 'card', id: cardId, files: ids }),
      },
      context.signal,
    )
    return { ...shown(card), is_new: isNew, duplicate_of: duplicateOf ?? null, files: ids }
  }

  const trash = async (context: HostContext, { kind, id, files: others }: Save): Promise<void> => {
    if (kind === 'card') await bridge.delete(context.accountId, id, (tx) => gate.audit(tx, context, 'card.trashed', id))
    for (const fileId of kind === 'file' ? [id] : others) await files.trash(context, fileId)
  }

  /** @returns null where it is gone already. */
  const undoOne = async (context: HostContext, { save, key }: { save: Save; key: SaveKey }) => {
    let isThere = true
    await trash(context, save).catch((error: unknown) => {
      if (!isGone(error)) throw error
      isThere = false
    })
    await gate.forget(context.db, key)
    return isThere ? { kind: save.kind, id: save.id } : null
  }

  return [
    handle(save, async ({ content, url, file: given, note, tags, type, once }, context) => {
      if (content === null && url === null && given === null)
        throw new HostCallError('save() needs content, url or file', { kind: 'TypeError' })
      const draft = {
        type: type ?? undefined,
        content: content ?? undefined,
        url: url ?? undefined,
        notes: note,
        tags: (tags ?? []).map(String),
      }
      const params = { content, url, note, tags, type, once, file: labelsOf(context, given) }
      return gate.use(context, BRIDGE, { name: save.name, params }, () => saveCard(context, once, given, draft))
    }),
    handle(find, async ({ query, limit }, context) => {
      const most = Math.max(1, Math.min(limit, MAX_FOUND))
      return gate.use(context, BRIDGE, { name: find.name, params: { query, limit: most } }, async () => {
        const { cards } = await bridge.find(context.accountId, query, most)
        return cards.map(shown)
      })
    }),
    handle(get, async ({ id }, context) =>
      gate.use(context, BRIDGE, { name: get.name, params: { id } }, async () =>
        shown(await bridge.get(context.accountId, id)),
      ),
    ),
    handle(update, async ({ id, note, append_note: added, tags }, context) => {
      const change = {
        ...(note === null ? {} : { notes: note }),
        ...(added === null ? {} : { appendedNote: added }),
        ...(tags === null ? {} : { tags: tags.map(String) }),
      }
      return gate.use(
        context,
        BRIDGE,
        { name: update.name, params: { id, note, append_note: added, tags } },
        async () =>
          shown(
            await bridge.update(context.accountId, id, change, (tx) => gate.audit(tx, context, 'card.updated', id)),
          ),
      )
    }),
    handle(remove, async ({ id }, context) =>
      gate.use(context, BRIDGE, { name: remove.name, params: { id } }, async () => {
        await trash(context, { kind: 'card', id, files: [] })
        return { ok: true }
      }),
    ),
    handle(undo, async (_args, context) => {
      for (let looked = 0; looked < MAX_LOOKED_BACK; looked += 1) {
        const last = await gate.latest(context)
        const wantsFiles = last?.save.kind === 'file' || !(await gate.isOpen(context, BRIDGE))
        const undone = await gate.use(
          context,
          wantsFiles ? 'files_bridge' : BRIDGE,
          { name: undo.name, params: {} },
          async () => (last === undefined ? null : undoOne(context, last)),
        )
        // What the owner has deleted meanwhile is undone already: the one before it is meant.
        if (last === undefined || undone !== null) return undone
      }
      return null
    }),
  ]
}

const labelsOf = (context: HostContext, given: Json): Json => filesOf(context, given).map(({ label }) => label)

const isGone = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'status' in error && error.status === 404

const shown = (card: KnownCard) => ({
  id: card.id,
  type: card.type,
  content: card.content,
  url: card.url,
  note: card.notes,
  title: card.title,
  tags: [...card.tags],
  file_name: card.fileName,
  created_at: card.createdAt,
  app_url: card.appUrl,
})
