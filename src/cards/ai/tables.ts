declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_ai: {
      card_number: number
      account_id: string
      /** Of what there was to read: results of anything else are not written. */
      fingerprint: string
      state: 'pending' | 'completed' | 'failed'
      summary: string | null
      /** What a recording says. */
      transcript: string | null
      /** How often it was taken up again after it failed, or after its job was lost. */
      rounds: number
      /** From when on the last work was allowed to start. */
      granted_at: number
      /** When something last happened. */
      touched_at: number
    }
    card_ai_tags: { card_number: number; position: number; account_id: string; name: string; name_key: string }
  }
}

export {}
