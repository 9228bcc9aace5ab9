import { undoing } from '../ui/undo.ts'
import { refreshTags, refreshTrash } from './cache.ts'

/** Lists are mended by what takes the change back; it knows the cards. */
export const { sayWithUndo, undoLast } = undoing(() => Promise.all([refreshTags(), refreshTrash()]))
