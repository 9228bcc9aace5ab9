import { actControl } from './control/acts.ts'
import { botControl } from './control/bots.ts'
import { chatControl } from './control/chats.ts'
import { conditionControl } from './control/conditions.ts'
import { memberControl } from './control/members.ts'
import { peopleControl } from './control/people.ts'
import { recordControl } from './control/records.ts'
import { updateControl } from './control/updates.ts'
import type { World } from './world.ts'

export type Control = ReturnType<typeof emulatorControl>

/** What people, tests and the simulator's pane do to the emulator. */
export const emulatorControl = (world: World) => ({
  ...botControl(world),
  ...peopleControl(world),
  ...actControl(world),
  ...memberControl(world),
  ...recordControl(world),
  ...updateControl(world),
  ...chatControl(world),
  ...conditionControl(world),
})
