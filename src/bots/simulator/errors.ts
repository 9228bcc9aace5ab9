import { defineErrors } from '../../platform/errors.ts'

export const SimulatorErrors = defineErrors({
  SIMULATOR_AWAY: [503, 'No process that runs bots can play this simulator right now. Try again in a moment.'],
  SIMULATOR_RUN_NOT_REPLAYABLE: [
    409,
    'The update of this run is not kept any more, or none started it. Send the update itself.',
  ],
})
