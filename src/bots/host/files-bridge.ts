import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type FilesArea, mediaTypeOf } from '../../files/index.ts'
import { HostCallError } from '../sandbox/index.ts'
import { type BridgeGate, filesOf, type GivenFile, type SaveKey } from './bridges.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { toFile } from './files.ts'
import { defaulting, file, int, optional, text } from './parameters.ts'

const BRIDGE = 'files_bridge'
const FOLDER = 'Telegram'
const MAX_FOUND = 50
const MAX_READ_BYTES = 32 * 1024 * 1024
const MAX_NAME_LENGTH = 200
const SETTING = 'The setting files_bridge of the bot must be on, else it raises PermissionError.'
const id = text('The id of a file.')

const save = declare({
  name: 'libs.Files.save',
  parameters: {
    file: file('A File, the id of a file, or a part of a message such as message.document.'),
    name: optional(text('What it is called; as it was sent unless given. A name that is taken gets a number.')),
    folder: defaulting(text('A folder at the top, made if there is none; empty: the top.'), FOLDER),
    once: optional(text('Of what this is the file: what was saved with the same text in a month is not saved again.')),
  },
  returns: 'dict',
  about: "Keeps a file among the files of the bot's owner: {id, name, size, is_new, app_url}.",
  example: 'kept = libs.Files.save(message.document, folder="Invoices")',
  notes: `${SETTING} An update that is handled twice saves once.`,
})
const find = declare({
  name: 'libs.Files.find',
  parameters: {
    query: defaulting(text('A part of the name; none: the newest.'), ''),
    limit: defaulting(int(`How many at most, up to ${MAX_FOUND}.`), 10),
  },
  returns: 'list',
  about: "Looks for the owner's files by name, the newest first.",
  example: '[found.name for found in libs.Files.find("invoice")]',
  notes: SETTING,
})
const get = declare({
  name: 'libs.Files.get',
  parameters: { id },
  returns: 'File',
  about: 'Gives a file of up to 32 MB as a File.',
  example: 'bot.sendDocument(libs.Files.get(kept.id))',
  notes: SETTING,
})
const share = declare({
  name: 'libs.Files.share',
  parameters: {
    id,
    expires_in: optional(int('Seconds after which the link works no more.')),
    password: optional(text('Asked of whoever opens it.')),
    max_downloads: optional(int('How often it can be downloaded.')),
  },
  returns: 'str',
  about: 'Makes a link under which anybody can download a file.',
  example: 'bot.sendMessage(libs.Files.share(kept.id, expires_in=3600))',
  notes: SETTING,
})
const remove = declare({
  name: 'libs.Files.delete',
  parameters: { id },
  returns: 'dict',
  about: 'Moves a file to the trash.',
  example: 'libs.Files.delete(kept.id)',
  notes: SETTING,
})

export const filesBridgeDeclarations = [save, find, get, share, remove] as const

/** As much of the files area as bots reach. */
export type BotFiles = Pick<FilesArea, 'files' | 'folders' | 'trash' | 'uploads' | 'content' | 'shares'>

export interface FilesParts {
  readonly gate: BridgeGate
  readonly files: BotFiles
  readonly publicUrl: () => string
}

export interface FileWish {
  readonly key: SaveKey
  readonly read: () => Promise<GivenFile>
  readonly name?: string | null
  readonly folder?: string
  /** It belongs to a card, with which it is undone. */
  readonly isPartOf?: boolean
}

export interface KeptFile {
  readonly id: string
  readonly name: string
  readonly sizeBytes: number
  readonly isNew: boolean
  /** Markdown that leads to it. */
  readonly link: string
  readonly url: string
}

export type FilesBridge = ReturnType<typeof filesBridge>

/** The files of the account for its bots: its own drive, not those of its teams. */
export const filesBridge = ({ gate, files, publicUrl }: FilesParts) => {
  const own = async ({ accountId }: HostContext, fileId: string, need: 'read' | 'delete') => {
    const { file, space } = await files.files.get({ accountId }, fileId, need)
    if (space.teamId !== null) throw new HostCallError('There is no such file.', { kind: 'LookupError' })
    return file
  }

  const kept = (file: Awaited<ReturnType<typeof own>>, isNew: boolean): KeptFile => {
    const url = `${publicUrl().replace(/\/+$/, '')}/files/${file.folder_id ?? ''}?open=${file.id}`
    const link = `[${file.name.replace(/[[\]\\]/g, '\\$&')}](${url})`
    return { id: file.id, name: file.name, sizeBytes: file.size_bytes, isNew, link, url }
  }

  return {
    /** Stores a file, once. */
    async keep(context: HostContext, wish: FileWish): Promise<KeptFile> {
      const { accountId, signal } = context
      const { key } = wish
      const before = await gate.found(key)
      const known = before && (await own(context, before.id, 'read').catch(() => undefined))
      if (known !== undefined) return kept(known, false)
      const { name: given, mediaType, bytes } = await wish.read()
      const name = fileName(wish.name ?? given)
      const folderName = wish.folder ?? FOLDER
      const folder = folderName === '' ? undefined : await files.folders.ensure({ accountId }, folderName)
      const options = {
        maxBytes: await files.uploads.room(accountId),
        signal,
        after: (tx: Parameters<BridgeGate['note']>[0], { id }: { id: string }) =>
          gate.note(tx, key, { kind: wish.isPartOf ? 'part' : 'file', id, files: [] }),
      }
      const { file } = await files.uploads.store(accountId, options, async (take) => {
        await take(Readable.from([bytes]))
        return { name, mediaType: mediaTypeOf(mediaType, name), folderId: folder?.id, onConflict: 'rename' as const }
      })
      return kept(file, true)
    },

    /** @throws {AppError} FILE_NOT_FOUND */
    async trash(context: HostContext, fileId: string): Promise<void> {
      await own(context, fileId, 'delete')
      const audited = (tx: Parameters<BridgeGate['audit']>[0]) => gate.audit(tx, context, 'file.trashed', fileId)
      await files.trash.trashFile({ accountId: context.accountId }, fileId, audited)
    },

    async find({ accountId }: HostContext, search: string, limit: number) {
      const query = { search, limit, offset: 0, sort: 'created_at', trashed: 'false' } as const
      return (await files.files.list({ accountId }, query)).files
    },

    async read(context: HostContext, fileId: string): Promise<{ name: string; bytes: Buffer }> {
      const file = await own(context, fileId, 'read')
      if (file.size_bytes > MAX_READ_BYTES)
        throw new HostCallError('a command can read files of up to 32 MB; share() gives a link', { kind: 'ValueError' })
      return { name: file.name, bytes: await buffer(await files.content.read(file, { signal: context.signal })) }
    },

    async share(context: HostContext, fileId: string, wish: ShareWish): Promise<string> {
      await own(context, fileId, 'read')
      const { url } = await files.shares.service.create(context.accountId, { kind: 'file', fileId }, wish)
      await gate.auditAlone(context, 'file.shared', fileId)
      return url
    },
  }
}

interface ShareWish {
  readonly expires_in?: number
  readonly password?: string
  readonly max_downloads?: number
}

/** What no file can be called is taken out. */
const fileName = (given: string): string => {
  const name = given.replace(/[/\\\p{Cc}]+/gu, '_').trim()
  if (name === '' || name === '.' || name === '..') return 'file'
  return name.length <= MAX_NAME_LENGTH ? name : name.slice(-MAX_NAME_LENGTH)
}

/** What commands may do with the files of their owner. */
export const filesBridgeHandlers = (gate: BridgeGate, bridge: FilesBridge): Handler[] => [
  handle(save, async ({ file: given, name, folder, once }, context) => {
    const [one, ...others] = filesOf(context, given)
    if (one === undefined || others.length > 0) throw new HostCallError('save() takes one file', { kind: 'TypeError' })
    const { label, read } = one
    return gate.use(context, BRIDGE, { name: save.name, params: { file: label, name, folder, once } }, async () => {
      const key = gate.keyOf(context, once, ['file', label, name, folder])
      const kept = await bridge.keep(context, { key, read, name, folder })
      return { id: kept.id, name: kept.name, size: kept.sizeBytes, is_new: kept.isNew, app_url: kept.url }
    })
  }),
  handle(find, async ({ query, limit }, context) => {
    const most = Math.max(1, Math.min(limit, MAX_FOUND))
    return gate.use(context, BRIDGE, { name: find.name, params: { query, limit: most } }, async () =>
      (await bridge.find(context, query, most)).map((file) => ({
        id: file.id,
        name: file.file_name,
        size: file.file_size,
        mime_type: file.mime_type,
        created_at: file.created_at,
      })),
    )
  }),
  handle(get, async ({ id }, context) =>
    gate.use(context, BRIDGE, { name: get.name, params: { id } }, async () => {
      const { name, bytes } = await bridge.read(context, id)
      return toFile(context, name, bytes)
    }),
  ),
  handle(share, async ({ id, expires_in, password, max_downloads }, context) => {
    const wish = {
      ...(expires_in === null ? {} : { expires_in }),
      ...(password === null ? {} : { password }),
      ...(max_downloads === null ? {} : { max_downloads }),
    }
    if ([expires_in, max_downloads].some((number) => number !== null && number < 1) || password === '')
      throw new HostCallError('expires_in and max_downloads must be at least 1', { kind: 'ValueError' })
    const params = { id, expires_in, max_downloads, password: password === null ? null : '…' }
    return gate.use(context, BRIDGE, { name: share.name, params }, () => bridge.share(context, id, wish))
  }),
  handle(remove, async ({ id }, context) =>
    gate.use(context, BRIDGE, { name: remove.name, params: { id } }, async () => {
      await bridge.trash(context, id)
      return { ok: true }
    }),
  ),
]
