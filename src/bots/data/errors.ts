import { defineErrors } from '../../platform/errors.ts'

export const DataErrors = defineErrors({
  DATA_NOT_FOUND: [404, 'There is no value of this name'],
  DATA_NAME_INVALID: [400, 'The name of a value has 1 to 256 bytes'],
  DATA_TOO_LARGE: [413, 'This is more than can be kept or shown at once'],
  DATA_NOT_JSON: [400, 'The value must be JSON'],
})
