import { shellTexts } from '../app/texts.ts'

export const AccountPage = () => {
  const t = shellTexts.use()
  return <h1>{t.account}</h1>
}
