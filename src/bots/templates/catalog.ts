import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'

const Manifest = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string(),
  about: z.string(),
  settings: z.array(z.enum(['cards_bridge', 'files_bridge'])),
  commands: z.array(z.strictObject({ command: z.string(), file: z.string().regex(/^[a-z_]+\.py$/) })).min(1),
})

/** A bot that somebody has written already. */
export interface Template extends Omit<z.infer<typeof Manifest>, 'commands'> {
  readonly commands: readonly { readonly name: string; readonly code: string }[]
}

const HERE = new URL('./', import.meta.url)

const load = (folder: string): Template => {
  const read = (name: string): string => readFileSync(new URL(`${folder}/${name}`, HERE), 'utf8')
  const { commands, ...about } = Manifest.parse(JSON.parse(read('manifest.json')))
  return { ...about, commands: commands.map(({ command, file }) => ({ name: command, code: read(file) })) }
}

/** All templates, by name: each a folder here, with a manifest and a file for each command. */
export const templateCatalog = (): ReadonlyMap<string, Template> =>
  new Map(
    readdirSync(HERE, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => load(name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((template) => [template.name, template]),
  )
