import { globSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { z } from 'zod'
import { tempDir } from '../services/temp-dir.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join(ROOT, 'web/dist')
const MANIFEST = '.vite/manifest.json'
const SOURCES = ['web/index.html', 'web/vite.config.ts', 'web/{src,build,public}/**/*', 'src/**/*contract.ts']

const Manifest = z.record(
  z.string(),
  z.object({
    file: z.string(),
    imports: z.array(z.string()).default([]),
    css: z.array(z.string()).default([]),
  }),
)
type Manifest = z.infer<typeof Manifest>

export interface WebBuild {
  /** Files that arrive with a part of the pages (`index.html`, `src/app/palette.tsx`): its own and what it imports. */
  filesOf(source: string): Set<string>
  /** Every source that a page or another part loads by itself. */
  readonly parts: readonly string[]
  /** Bytes over the wire, in kilobytes. */
  kilobytes(files: Iterable<string>, extension: '.js' | '.css'): number
}

/** The pages as the sources make them now: those in `web/dist`, or, where these are older, made anew in a folder of the test. */
export const webBuild = async (): Promise<WebBuild> => {
  const folder = isCurrent() ? DIST : await buildElsewhere()
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')))
  return {
    filesOf: (source) => filesOf(manifest, keyOf(manifest, source)),
    parts: Object.keys(manifest).filter((key) => /\.(tsx?|html)$/.test(key)),
    kilobytes: (files, extension) =>
      [...files]
        .filter((file) => file.endsWith(extension))
        .reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0) / 1000,
  }
}

const isCurrent = (): boolean => {
  const built = statSync(join(DIST, MANIFEST), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return globSync(SOURCES, { cwd: ROOT }).every((path) => statSync(join(ROOT, path)).mtimeMs <= built)
}

// Not into `web/dist`: servers of other tests read there.
const buildElsewhere = async (): Promise<string> => {
  const outDir = tempDir({ after })
  await build({ configFile: join(ROOT, 'web/vite.config.ts'), logLevel: 'warn', build: { outDir } })
  return outDir
}

const keyOf = (manifest: Manifest, source: string): string => {
  if (!(source in manifest)) throw new Error(`The build has no part of its own for ${source}.`)
  return source
}

const filesOf = (manifest: Manifest, key: string, found = new Set<string>()): Set<string> => {
  const part = manifest[key]
  if (part === undefined || found.has(part.file)) return found
  found.add(part.file)
  for (const file of part.css) found.add(file)
  for (const next of part.imports) filesOf(manifest, next, found)
  return found
}
