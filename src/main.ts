import { runCli } from './commands/run.ts'

process.umask(0o077)
process.exitCode = await runCli(process.argv.slice(2))
