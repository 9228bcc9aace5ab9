import { type Route, route } from '../../../platform/http/index.ts'
import { wrap } from '../../envelope.ts'
import { getLanguage } from './contract.ts'
import { botLanguage } from './language.ts'

export const languageRoutes = (): Route[] => {
  const language = botLanguage()
  return [route(getLanguage, async () => wrap(language))]
}
