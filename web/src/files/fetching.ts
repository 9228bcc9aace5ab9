import { createImport, getImport, type Import } from '../../../src/files/imports/contract.ts'
import { api } from '../api.ts'
import { say, sayProblem } from '../ui/toast.tsx'
import { refreshFiles } from './changes.ts'
import type { Team } from './queries.ts'
import { filesTexts } from './texts.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000

/**
 * Lets the server fetch a file. What becomes of it is said when it is over; the server goes on with it also when
 * nobody looks.
 *
 * @throws {ClientError} if it does not even begin.
 */
export const fetchFrom = async (url: string, folder: string | null, team: Team): Promise<void> => {
  const begun = await api.call(createImport, { body: { url, folder_id: folder, team_id: team ?? null } })
  void follow(begun, FIRST_PAUSE_MS)
}

const follow = async ({ id }: Import, pauseMs: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
  try {
    const now = await api.call(getImport, { params: { id } })
    const { state, error, file_name } = now
    if (state === 'queued' || state === 'running') return await follow(now, Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS))
    if (state === 'failed') sayProblem(new Error(error?.message))
    if (state !== 'done') return
    say(filesTexts.now().fetched(file_name ?? ''))
    await refreshFiles()
  } catch (error) {
    sayProblem(error)
  }
}
