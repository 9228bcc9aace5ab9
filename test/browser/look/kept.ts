import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'

const FOLDER = resolve(import.meta.dirname, '../../../node_modules/.cache/latchkey/look')

/** Keeps a picture of the page for who looks into a failure. @returns Where. */
export const keepPicture = async (page: Page, name: string): Promise<string> => {
  mkdirSync(FOLDER, { recursive: true })
  const path = join(FOLDER, `${name}.png`)
  writeFileSync(path, await page.screenshot())
  return path
}
