import { defineErrors } from '../../platform/errors.ts'

export const StorageErrors = defineErrors({
  // Of accounts, word for word.
  ADMIN_ONLY: [403, 'Only an administrator of this server may do that.'],
  BACKEND_UNKNOWN: [404, 'No storage of this name is set up.'],
  MOVE_NOT_FOUND: [404, 'There is no such move.'],
  MOVE_ENDED: [409, 'This move is over. Start another one.'],
  SAME_BACKEND: [400, 'The files are there already. Name another storage.'],
})
