// The program. JavaScript, because whatever runs first cannot come from the cache of compiled modules, and taking types
// out of one file costs 16 MB.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

process.umask(0o077)
// Halves the time of a start and saves memory; where the folder cannot be written everything works without.
const cache = fileURLToPath(new URL('../node_modules/.cache/latchkey/compiled', import.meta.url))
enableCompileCache(cache)
// Threads look here for it. Without it each would take the types out of its files anew, for 17 MB and 30 ms.
process.env.NODE_COMPILE_CACHE = cache
const { runCli } = await import('../src/commands/run.ts')
process.exitCode = await runCli(process.argv.slice(2))
