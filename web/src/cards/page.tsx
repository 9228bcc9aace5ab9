import { shellTexts } from '../app/texts.ts'

export const CardsPage = () => {
  const t = shellTexts.use()
  return <h1>{t.cards}</h1>
}
