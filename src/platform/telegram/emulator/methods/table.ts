import type { Method } from '../method.ts'
import { callbackMethods } from './callbacks.ts'
import { chatMethods } from './chats.ts'
import { downloadMethods } from './downloads.ts'
import { editMethods } from './edits.ts'
import { forwardingMethods } from './forwarding.ts'
import { identityMethods } from './identity.ts'
import { mediaMethods } from './media.ts'
import { memberMethods } from './members.ts'
import { messageMethods } from './messages.ts'
import { pinMethods } from './pins.ts'
import { profileMethods } from './profile.ts'
import { thingMethods } from './things.ts'
import { updateMethods } from './updates.ts'

/** Every method the emulator knows, by its name in lower case: Telegram takes a name in any case. */
const METHODS: ReadonlyMap<string, { name: string; run: Method }> = new Map(
  Object.entries({
    ...identityMethods,
    ...updateMethods,
    ...messageMethods,
    ...mediaMethods,
    ...thingMethods,
    ...memberMethods,
    ...profileMethods,
    ...downloadMethods,
    ...forwardingMethods,
    ...pinMethods,
    ...editMethods,
    ...chatMethods,
    ...callbackMethods,
    // Names from before, which the real one still takes.
    getChatMembersCount: chatMethods.getChatMemberCount,
    kickChatMember: memberMethods.banChatMember,
  }).map(([name, run]) => [name.toLowerCase(), { name, run }]),
)

export const findMethod = (name: string) => METHODS.get(name.toLowerCase())
