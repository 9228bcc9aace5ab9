import { shellTexts } from './texts.ts'

export const Home = () => {
  const t = shellTexts.use()
  return <h1>{t.home}</h1>
}
