import type { HostSignature } from '../sandbox/index.ts'
import type { Declaration } from './declaration.ts'
import { hostDeclarations } from './declarations.ts'

const toSignature = ({ name, aliases = [], parameters, more, about, facade }: Declaration): HostSignature => ({
  name,
  aliases,
  parameters: Object.entries(parameters).map(([parameter, { kind, default: value }]) => ({
    name: parameter,
    kind,
    ...(value === undefined ? {} : { default: value }),
  })),
  more: more !== undefined,
  about,
  internal: facade === 'internal',
})

/** What the engine makes the functions in Python from. */
export const hostSignatures: readonly HostSignature[] = hostDeclarations.map(toSignature)
