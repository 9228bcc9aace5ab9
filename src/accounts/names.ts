import { z } from 'zod'

const MAX_NAME_LENGTH = 64

/** A name that people give to a thing of theirs: 1 to 64 characters, as people count them, in Unicode form NFC. */
export const GivenName = z
  .string()
  .trim()
  .normalize('NFC')
  .refine(
    (name) => name !== '' && [...name].length <= MAX_NAME_LENGTH,
    `A name has 1 to ${MAX_NAME_LENGTH} characters.`,
  )
  .meta({ minLength: 1, maxLength: MAX_NAME_LENGTH })
