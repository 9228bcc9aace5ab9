import { shellTexts } from '../app/texts.ts'

export const BotsPage = () => {
  const t = shellTexts.use()
  return <h1>{t.bots}</h1>
}
