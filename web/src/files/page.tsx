import { shellTexts } from '../app/texts.ts'

export const FilesPage = () => {
  const t = shellTexts.use()
  return <h1>{t.files}</h1>
}
