import type { Dialect } from '../../platform/http/index.ts'
import { filesDialect } from '../dialect.ts'

/** What people without an account speak: as the files area does, with forms and without credentials of accounts. */
export const sharesDialect: Dialect = {
  ...filesDialect,
  name: 'shares',
  prefixes: ['/s'],
  carriers: [],
  formBodies: true,
}
