import { migrations } from '../migrations/index.ts'
import { systemClock } from '../platform/clock.ts'
import { loadConfig } from '../platform/config/index.ts'
import { migrate, openDatabase } from '../platform/db/index.ts'
import type { Command } from './command.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'bring the database to the newest form, and stop',
  help: `Usage: latchkey migrate

Brings the database to the form that this version needs. The server does that by itself at its start; this is for
those who want to see it done before.`,
  options: {},
  async run() {
    const config = loadConfig(process.env)
    const { DATABASE_URL, DATA_DIR, SQLITE_SYNC } = config
    const database = await openDatabase({ url: DATABASE_URL, dataDir: DATA_DIR, synchronous: SQLITE_SYNC, own: false })
    try {
      const applied = await migrate(database, migrations, systemClock.now().getTime())
      process.stdout.write(applied.length === 0 ? 'The database is up to date.\n' : `Applied: ${applied.join(', ')}\n`)
      return 0
    } finally {
      await database.close()
    }
  },
}
