import { commandDeclarations } from './commands.ts'
import type { Declaration } from './declaration.ts'
import { fileDeclarations } from './files.ts'
import { telegramDeclarations } from './telegram.ts'

/** Every host call that there is. The Python facade, the reference and the engine's allow list are made from it. */
export const hostDeclarations: readonly Declaration[] = [
  ...telegramDeclarations,
  ...commandDeclarations,
  ...fileDeclarations,
]
