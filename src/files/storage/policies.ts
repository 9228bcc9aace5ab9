import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { LOCAL_BACKEND } from './states.ts'

const TTL_MS = 2_000

const Verify = z
  .union([z.literal('always'), z.literal('never'), z.string().regex(/^sample:(0(\.\d{1,4})?|1(\.0{1,4})?)$/)])
  .describe('Whether an object is read back after it was stored: `always`, `never`, or `sample:0.1` for one in ten.')

export const BackendSettings = z.strictObject({
  encrypt: z.boolean().describe('Of what is stored there from now on.'),
  mode: z
    .enum(['write-back', 'write-through'])
    .describe('Whether an upload is answered when it is safe here, or only when it is safe there too.'),
  verify: Verify,
  keep_remote_on_delete: z.boolean().describe('Copies there are kept when their file is deleted for good.'),
})
export type BackendSettings = z.infer<typeof BackendSettings>

const BackendName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)

export const PolicyRule = z.strictObject({
  min_bytes: z.int().min(0).optional(),
  max_bytes: z.int().min(0).optional(),
  mime_types: z
    .array(z.string().min(1).max(255))
    .max(50)
    .optional()
    .describe('`image/png`, or `image/` for all images.'),
  file_types: z.array(z.string().max(32)).max(20).optional(),
  folder_id: z.string().max(64).optional().describe('Files that are uploaded into this folder.'),
  backends: z
    .array(BackendName)
    .min(1)
    .max(8)
    .refine((names) => new Set(names).size === names.length, 'A backend is named twice.')
    .describe('The home, and those that get a copy.'),
})
export type PolicyRule = z.infer<typeof PolicyRule>

export interface Policy extends PolicyRule {
  readonly id: string
}

type SettingsWish = { readonly [K in keyof BackendSettings]?: BackendSettings[K] | undefined }

/** What decides where the bytes of a file go. */
export interface PolicySubject {
  readonly sizeBytes: number
  readonly mimeType: string
  readonly fileType: string
  readonly folderId: string | null
}

/** What is so for a backend unless an administrator says something else. */
export const defaultSettings = (kind: string): BackendSettings => {
  const isLocal = kind === LOCAL_BACKEND
  return { encrypt: !isLocal, mode: 'write-back', verify: isLocal ? 'never' : 'always', keep_remote_on_delete: false }
}

export interface StorageRules {
  readonly policies: readonly Policy[]
  settingsOf(backend: string): BackendSettings
  /** The backends of the first policy that fits, else the default one. */
  targetsFor(subject: PolicySubject): readonly string[]
}

export interface PoliciesOptions {
  readonly database: Database
  readonly clock: Clock
  /** Backends by name, with their kind. */
  readonly kinds: ReadonlyMap<string, string>
  /** Where files go that no policy speaks of. */
  readonly defaultBackend: string
}

export type Policies = ReturnType<typeof storagePolicies>

/** The rules by which bytes are placed, read anew every other second. */
export const storagePolicies = ({ database, clock, kinds, defaultBackend }: PoliciesOptions) => {
  let known: { readonly rules: StorageRules; readonly untilMs: number } | undefined

  const read = async (): Promise<StorageRules> => {
    const rows = await database.db.selectFrom('storage_policies').select(['id', 'rule']).orderBy('position').execute()
    const named = await database.db.selectFrom('storage_backends').select(['name', 'settings']).execute()
    const policies = rows.map(({ id, rule }) => ({ id, ...PolicyRule.parse(JSON.parse(rule)) }))
    const settings = new Map(named.map((row) => [row.name, BackendSettings.partial().parse(JSON.parse(row.settings))]))
    return {
      policies,
      settingsOf: (name) => ({
        ...defaultSettings(kinds.get(name) ?? ''),
        ...withoutUndefined(settings.get(name) ?? {}),
      }),
      targetsFor: (subject) => {
        // A backend that is not set up any more cannot take anything.
        const wanted = policies.find((policy) => fits(policy, subject))?.backends.filter((name) => kinds.has(name))
        return wanted === undefined || wanted.length === 0 ? [defaultBackend] : wanted
      },
    }
  }

  return {
    async rules(): Promise<StorageRules> {
      if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.rules
      const rules = await read()
      known = { rules, untilMs: clock.monotonicMs() + TTL_MS }
      return rules
    },

    /** Puts these in the place of all policies. */
    async replace(rules: readonly PolicyRule[]): Promise<void> {
      const at = clock.now().getTime()
      await database.transaction(async (tx) => {
        await tx.deleteFrom('storage_policies').execute()
        for (const [position, rule] of rules.entries())
          await tx
            .insertInto('storage_policies')
            .values({ id: newId('policy'), position, rule: JSON.stringify(rule), created_at: at })
            .execute()
      })
      known = undefined
    },

    async change(name: string, wish: SettingsWish): Promise<void> {
      await database.transaction(async (tx) => {
        const row = await tx
          .selectFrom('storage_backends')
          .select('settings')
          .where('name', '=', name)
          .executeTakeFirst()
        const before = BackendSettings.partial().parse(JSON.parse(row?.settings ?? '{}'))
        const after = { ...before, ...withoutUndefined(wish) }
        const set = { settings: JSON.stringify(after), keeps_deleted: after.keep_remote_on_delete === true ? 1 : 0 }
        await tx
          .insertInto('storage_backends')
          .values({ name, ...set, health: 'ok', last_error: null, failed_at: null, paused_until: 0, swept_at: 0 })
          .onConflict((oc) => oc.column('name').doUpdateSet(set))
          .execute()
      })
      known = undefined
    },
  }
}

/** @returns Between 0 and 1: how often an object is read back. */
export const verifyShare = (verify: string): number =>
  verify === 'always' ? 1 : verify === 'never' ? 0 : Number(verify.slice('sample:'.length))

const withoutUndefined = (part: SettingsWish): Partial<BackendSettings> =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined))

const fits = (rule: PolicyRule, { sizeBytes, mimeType, fileType, folderId }: PolicySubject): boolean =>
  sizeBytes >= (rule.min_bytes ?? 0) &&
  sizeBytes <= (rule.max_bytes ?? Infinity) &&
  (rule.mime_types?.some((type) => (type.endsWith('/') ? mimeType.startsWith(type) : mimeType === type)) ?? true) &&
  (rule.file_types?.includes(fileType) ?? true) &&
  (rule.folder_id === undefined || rule.folder_id === folderId)
