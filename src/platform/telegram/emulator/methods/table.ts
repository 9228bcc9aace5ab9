import type { Method } from '../method.ts'
import { callbackMethods } from './callbacks.ts'
import { chatMethods } from './chats.ts'
import { editMethods } from './edits.ts'
import { identityMethods } from './identity.ts'
import { messageMethods } from './messages.ts'
import { updateMethods } from './updates.ts'

/** Every method the emulator knows, by its name in lower case: Telegram takes a name in any case. */
const METHODS: ReadonlyMap<string, { name: string; run: Method }> = new Map(
  Object.entries({
    ...identityMethods,
    ...updateMethods,
    ...messageMethods,
    ...editMethods,
    ...chatMethods,
    ...callbackMethods,
  }).map(([name, run]) => [name.toLowerCase(), { name, run }]),
)

export const findMethod = (name: string) => METHODS.get(name.toLowerCase())
