import { deleteUpload, listUploads } from '../../../../src/files/uploads/contract.ts'
import { api, messageOf } from '../../api.ts'
import { sayProblem } from '../../ui/toast.tsx'
import type { SendFailure, Sending } from './engine.ts'
import { fingerprintOf, isSame, type KeptUpload, keptUploads, uploadId } from './kept.ts'
import { isActive, speedometer } from './progress.ts'
import { refreshSoon } from './refresh.ts'
import { uploads } from './store.ts'

const AT_ONCE = 3
const TELL_MS = 200

interface Work {
  readonly file: File
  readonly url?: string | undefined
  sending?: Sending
}

const works = new Map<number, Work>()
const kept = new Map<number, KeptUpload>()

export interface NewUpload {
  readonly file: File
  readonly folder: string | null
  readonly team?: string | undefined
}

/** Puts files in the queue; they are sent a few at a time. */
export const add = (given: readonly NewUpload[]): void => {
  // Sent twice at the same time, a file would be in its own way: both would go on with the same upload.
  const underWay = new Set([...works].map(([id, { file }]) => fingerprintOf(file, uploads.get(id) ?? { folder: null })))
  const items = given.filter((item) => !underWay.has(fingerprintOf(item.file, item)))
  const rows = uploads.add(
    items.map(({ file, folder, team }) => ({
      name: file.name,
      size: file.size,
      folder,
      team,
      state: 'queued',
      sent: 0,
    })),
  )
  for (const [index, row] of rows.entries()) {
    const item = items[index]
    if (item !== undefined) works.set(row.id, { file: item.file })
    // Begun before a reload, and dropped again instead of chosen in the tray: the tray's row has done its duty.
    for (const [id, before] of kept)
      if (item !== undefined && fingerprintOf(before, before) === fingerprintOf(item.file, item)) forget(id)
  }
  startNext()
}

const forget = (id: number): void => {
  kept.delete(id)
  works.delete(id)
  uploads.remove([id])
}

const startNext = (): void => {
  const rows = [...uploads.all().values()]
  const running = rows.filter(({ state }) => state === 'sending' || state === 'checking').length
  for (const { id } of rows.filter(({ state }) => state === 'queued').slice(0, AT_ONCE - running)) void start(id)
}

const start = async (id: number): Promise<void> => {
  const [row, work] = [uploads.get(id), works.get(id)]
  if (row === undefined || work === undefined) return
  uploads.change(id, { state: 'sending', error: undefined, until: undefined })
  try {
    // The library comes with the first upload: most visits need none.
    const { send } = await import('./engine.ts')
    const { name, folder, team } = row
    work.sending = await send({ file: work.file, url: work.url, name, folder, team, ...listeners(id) })
    // Paused or cancelled while the library was on its way.
    if (uploads.get(id)?.state === 'paused') await work.sending.stop()
    else if (!works.has(id)) await work.sending.cancel()
  } catch (error) {
    failed(id, { message: messageOf(error) })
  }
}

const listeners = (id: number) => {
  const speed = speedometer()
  let told = 0
  return {
    onProgress(sent: number) {
      const row = uploads.get(id)
      const now = performance.now()
      if (row === undefined || !['sending', 'checking'].includes(row.state)) return
      const isAll = sent >= row.size
      if (now - told < TELL_MS && !isAll) return
      told = now
      uploads.change(id, { sent, speed: speed(sent, now), state: isAll ? 'checking' : 'sending' })
    },
    onDone(fileId: string | undefined) {
      works.delete(id)
      const before = kept.get(id)
      if (before !== undefined) localStorage.removeItem(before.key)
      kept.delete(id)
      uploads.change(id, { state: 'done', sent: uploads.get(id)?.size ?? 0, speed: 0, fileId })
      refreshSoon()
      startNext()
    },
    onFailed: (failure: SendFailure) => failed(id, failure),
  }
}

const failed = (id: number, { message, waitMs }: SendFailure): void => {
  if (waitMs === undefined) uploads.change(id, { state: 'failed', speed: 0, error: message })
  else {
    uploads.change(id, { state: 'waiting', speed: 0, error: message, until: Date.now() + waitMs })
    setTimeout(() => {
      if (uploads.get(id)?.state === 'waiting') again(id)
    }, waitMs)
  }
  startNext()
}

const again = (id: number): void => {
  uploads.change(id, { state: 'queued', error: undefined, until: undefined })
  startNext()
}

export const pause = async (id: number): Promise<void> => {
  uploads.change(id, { state: 'paused', speed: 0 })
  await works.get(id)?.sending?.stop()
  startNext()
}

/** Goes on with what was paused or has failed. */
export const resume = again

export const cancel = async (id: number): Promise<void> => {
  const [work, before] = [works.get(id), kept.get(id)]
  forget(id)
  startNext()
  try {
    if (work?.sending !== undefined) await work.sending.cancel()
    if (before === undefined) return
    localStorage.removeItem(before.key)
    const headers = { 'tus-resumable': '1.0.0' }
    await api.raw(deleteUpload, { params: { id: uploadId(before.url) }, headers })
  } catch (error) {
    sayProblem(error)
  }
}

export const pauseAll = (): void => {
  for (const { id, state } of uploads.all().values())
    if (['queued', 'sending', 'waiting'].includes(state)) void pause(id)
}

export const resumeAll = (): void => {
  for (const { id, state } of uploads.all().values()) if (state === 'paused') resume(id)
}

/** Takes what is over out of the tray. */
export const clear = (): void => {
  const over = [...uploads.all().values()].filter((row) => ['done', 'failed'].includes(row.state))
  uploads.remove(over.map(({ id }) => id))
}

/** The same for what has gone well, unless some of it is still under way. */
export const clearDone = (): void => {
  const rows = [...uploads.all().values()]
  if (!rows.some(isActive)) uploads.remove(rows.filter(({ state }) => state === 'done').map(({ id }) => id))
}

/** Goes on with an upload from before a reload. @returns False if it is not the same file. */
export const goOn = (id: number, file: File): boolean => {
  const before = kept.get(id)
  if (before === undefined || !isSame(before, file)) return false
  works.set(id, { file, url: before.url })
  again(id)
  return true
}

/** Reads what this browser has begun before, and asks the server how far it came. */
export const findUnfinished = async (): Promise<void> => {
  const all = keptUploads(localStorage)
  if (all.length === 0) return
  const { uploads: open } = await api.call(listUploads, { query: { limit: 200 } })
  const held = 'locks' in navigator ? ((await navigator.locks.query()).held ?? []) : []
  const elsewhere = new Set(held.map(({ name }) => name))
  for (const before of all) {
    const there = open.find(({ id, state }) => id === uploadId(before.url) && state === 'open')
    if (there === undefined) localStorage.removeItem(before.key)
    else if (!elsewhere.has(`latchkey upload ${there.id}`)) {
      const facts = { name: before.name, size: before.size, folder: before.folder, team: before.team }
      const [row] = uploads.add([{ ...facts, state: 'unfinished', sent: there.received }])
      if (row !== undefined) kept.set(row.id, before)
    }
  }
}

// A reload would end what is being sent.
globalThis.addEventListener?.('beforeunload', (event) => {
  if ([...uploads.all().values()].some((row) => isActive(row) && row.state !== 'paused')) event.preventDefault()
})
