import { type Browser, chromium } from 'playwright-core'
import { requireProgram } from './programs.ts'

const HELP =
  'Tests of the pages need Chromium. Install it (Debian: `apt-get install chromium-headless-shell`; elsewhere https://www.chromium.org/).'

/** A headless Chromium of its own. @throws {Error} With what to install. */
export const startChromium = async (): Promise<Browser> => {
  const executablePath = await requireProgram({
    // The shell is the same browser without windows and menus, and takes a third less of a small machine.
    names: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    packageName: 'chromium-headless-shell',
    help: HELP,
  })
  // Without its sandbox, which a container does not allow to root; it opens nothing but our own pages.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}
