import type { Duty, Leases } from '../../platform/jobs/index.ts'
import { every } from '../../platform/jobs/index.ts'
import { watchedIndex } from '../processing/watched-index.ts'
import type { CardIndex } from '../search/index.ts'
import { type AiServiceParts, aiService } from './service.ts'
import { type AiSettings, aiOptions } from './settings.ts'

export type { AiSettings } from './settings.ts'

const RESUME_MS = 60 * 60_000

export interface AiPart {
  /** To be used by whoever writes cards, instead of the index that was given. */
  readonly index: CardIndex
  start(leases: Leases): Duty[]
}

/** What models say of cards, where the operator has set any. */
export const aiPart = ({ config, ...parts }: Omit<AiServiceParts, 'models'> & { config: AiSettings }): AiPart => {
  const models = aiOptions(config)
  if (models === undefined) return { index: parts.index, start: () => [] }
  const index: CardIndex = watchedIndex(parts.index, (tx, number) => service.notice(tx, number))
  const service = aiService({ ...parts, models, index })
  return {
    index,
    start: (leases) => [
      every({ leases, log: parts.log }, 'cards.ai', RESUME_MS, async () => void (await service.resume())),
    ],
  }
}
