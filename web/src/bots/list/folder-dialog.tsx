import { useQuery } from '@tanstack/react-query'
import { type Bot, moveBot } from '../changes.ts'
import { FolderPick } from '../folder-pick.tsx'
import { botFoldersQuery } from '../queries.ts'
import { botsTexts } from '../texts.ts'

export const FolderDialog = ({ bot, onClose }: { readonly bot: Bot; readonly onClose: () => void }) => {
  const t = botsTexts.use()
  const folders = useQuery(botFoldersQuery).data ?? []
  return (
    <FolderPick
      title={t.moveToFolder}
      folders={folders.map(({ name }) => name)}
      now={bot.folder ?? ''}
      onPick={(folder) => moveBot(bot, folder)}
      onClose={onClose}
    />
  )
}
