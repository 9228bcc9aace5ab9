import { type Config, ConfigError } from '../../platform/config/index.ts'

export type AiSettings = Pick<
  Config,
  'AI_BASE_URL' | 'AI_API_KEY' | 'AI_MODEL' | 'AI_VISION_MODEL' | 'AI_TRANSCRIPTION_MODEL'
>

/** Where models are, and which of them does what. What has no model is not done. */
export interface AiOptions {
  /** With the version in it, as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** Reads text. */
  readonly model: string | undefined
  /** Looks at pictures. */
  readonly visionModel: string | undefined
  /** Listens to recordings. */
  readonly transcriptionModel: string | undefined
}

/**
 * @returns Undefined if nobody wants models.
 * @throws {ConfigError} if only a part of it is set.
 */
export const aiOptions = (settings: AiSettings): AiOptions | undefined => {
  const { AI_BASE_URL: baseUrl, AI_API_KEY: apiKey } = settings
  const { AI_MODEL: model, AI_VISION_MODEL: visionModel, AI_TRANSCRIPTION_MODEL: transcriptionModel } = settings
  const models = [model, visionModel, transcriptionModel].filter((name) => name !== undefined)
  if (baseUrl === undefined) {
    if (models.length === 0 && apiKey === undefined) return undefined
    throw new ConfigError('LATCHKEY_AI_BASE_URL is needed with the other settings of AI, and not set')
  }
  if (models.length === 0)
    throw new ConfigError('LATCHKEY_AI_BASE_URL is set, and no model: set LATCHKEY_AI_MODEL or another one')
  return { baseUrl, apiKey, model, visionModel, transcriptionModel }
}
