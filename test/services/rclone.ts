import { requireProgram } from './programs.ts'

/** Where rclone is. @throws {Error} With what to install. */
export const rcloneProgram = (): Promise<string> =>
  requireProgram({
    names: ['rclone'],
    packageName: 'rclone',
    help: 'Tests need rclone. Install it (Debian, Ubuntu: `apt-get install rclone`; elsewhere https://rclone.org/install/).',
  })
