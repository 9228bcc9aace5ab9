import { AppError, defineErrors } from '../../platform/errors.ts'

export const ImportErrors = defineErrors({
  NOT_FOUND: [404, 'Import not found'],
  UNREADABLE_IMPORT: [400, 'The file is none that can be imported.'],
  TOO_MANY_IMPORTS: [409, 'This account has too many imports that are not finished. Wait for one, or cancel it.'],
  IMPORT_FAILED: [500, 'The import failed. Start it again: what it has saved already is not saved twice.'],
})

export const unreadable = (message: string): AppError => new AppError(ImportErrors.UNREADABLE_IMPORT, { message })
