import { z } from 'zod'

const Stage = z.object({
  status: z.enum(['pending', 'in_progress', 'completed', 'failed']),
  startedAt: z.number().optional(),
  completedAt: z.number().optional(),
  confidence: z.number().optional(),
  error: z.string().optional(),
})
export type Stage = z.infer<typeof Stage>

/** How far the work on a card is. What is not there is not done for such a card. */
export const Stages = z.object({ classify: Stage, categorize: Stage, metadata: Stage, renderables: Stage }).partial()
export type Stages = z.infer<typeof Stages>

const text = z.string().nullable().default(null)

const Color = z.object({ hex: z.string(), share: z.number() })

/** What was found out about a card, beside its title and description. */
export const Found = z.object({
  siteName: text,
  author: text,
  publisher: text,
  publishedAt: z.number().nullable().default(null),
  canonicalUrl: text,
  /** Of `card_previews`. */
  imageId: text,
  iconId: text,
  slideCount: z.number().nullable().default(null),
  width: z.number().nullable().default(null),
  height: z.number().nullable().default(null),
  colors: z.array(Color).default([]),
})
export type Found = z.infer<typeof Found>

export const NOTHING_FOUND: Found = Found.parse({})

export type ProcessingState = 'pending' | 'completed' | 'failed'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_processing: {
      card_number: number
      account_id: string
      /** Of what there was to process: results of anything else are not written. */
      fingerprint: string
      state: ProcessingState
      /** `Stages` as JSON. */
      stages: string
      /** `Found` as JSON. */
      found: string | null
      /** How often it was taken up again after its job was lost. */
      rounds: number
      /** From when on the last processing was allowed to start. */
      granted_at: number
      /** When something last happened. */
      touched_at: number
    }
    card_previews: {
      id: string
      card_number: number
      kind: 'image' | 'icon' | 'thumbnail'
      media_type: string
      size_bytes: number
      created_at: number
    }
    card_preview_parts: { preview_id: string; position: number; bytes: Buffer }
  }
}
