import { useQuery } from '@tanstack/react-query'
import { Button } from '../../ui/button.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { trashBot } from '../changes.ts'
import { settingsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { useBotsAddress } from '../use-bots-address.ts'
import { Admins, Behaviour } from './behaviour.tsx'
import { ImportExport } from './import-export.tsx'
import { Secrets } from './secrets.tsx'
import { Snapshots } from './snapshots.tsx'
import { TelegramSection } from './telegram.tsx'
import { settingsTexts } from './texts.ts'
import { Transfer } from './transfer.tsx'

const Settings = ({ bot }: TabProps) => {
  const t = settingsTexts.use()
  const { toList } = useBotsAddress()
  const settings = useQuery(settingsQuery(bot.botid))
  const remove = async (): Promise<void> => {
    if (await trashBot(bot)) toList()
  }
  return (
    <div>
      {settings.isPending && <Loading />}
      {settings.isError && settings.data === undefined && <Failed error={settings.error} retry={settings.refetch} />}
      {settings.data !== undefined && <Behaviour botid={bot.botid} settings={settings.data} />}
      <TelegramSection bot={bot} />
      {settings.data !== undefined && <Admins botid={bot.botid} settings={settings.data} />}
      <Secrets botid={bot.botid} />
      <ImportExport botid={bot.botid} />
      <Snapshots botid={bot.botid} />
      <Transfer bot={bot} />
      <section className="bots-section">
        <h2>{t.trash}</h2>
        <p className="bots-muted">{t.trashText}</p>
        <div className="bots-row">
          <Button tone="danger" onPress={() => void remove()}>
            {t.trash}
          </Button>
        </div>
      </section>
    </div>
  )
}

export default Settings
