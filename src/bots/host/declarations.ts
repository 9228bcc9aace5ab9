import { accountDeclarations } from './account.ts'
import { administratorDeclarations } from './administrators.ts'
import { broadcastDeclarations } from './broadcasts.ts'
import { captchaDeclarations } from './captcha/calls.ts'
import { cardDeclarations } from './cards.ts'
import { commandDeclarations } from './commands.ts'
import { dataDeclarations } from './data.ts'
import type { Declaration } from './declaration.ts'
import { fileDeclarations } from './files.ts'
import { filesBridgeDeclarations } from './files-bridge.ts'
import { httpDeclarations } from './http.ts'
import { resourceDeclarations } from './resources.ts'
import { schedulingDeclarations } from './scheduling.ts'
import { secretDeclarations } from './secrets.ts'
import { securityDeclarations } from './security.ts'
import { telegramDeclarations } from './telegram.ts'
import { userDeclarations } from './users.ts'
import { webhookDeclarations } from './webhooks.ts'

/** Every host call that there is. The Python facade, the reference and the engine's allow list are made from it. */
export const hostDeclarations: readonly Declaration[] = [
  ...telegramDeclarations,
  ...commandDeclarations,
  ...fileDeclarations,
  ...dataDeclarations,
  ...resourceDeclarations,
  ...httpDeclarations,
  ...captchaDeclarations,
  ...securityDeclarations,
  ...accountDeclarations,
  ...schedulingDeclarations,
  ...broadcastDeclarations,
  ...webhookDeclarations,
  ...userDeclarations,
  ...cardDeclarations,
  ...filesBridgeDeclarations,
  ...secretDeclarations,
  ...administratorDeclarations,
]
