const BEGIN = 'latchkey.position.'
const MOST_KEPT = 200
/** Seconds at either end that are not worth coming back to. */
const EDGE = 10

/** Where somebody was in a recording, by its content: it stays the same when the file is renamed or moved. */
export const keepPosition = (storage: Storage, sha256: string, seconds: number, duration: number): void => {
  const key = BEGIN + sha256
  if (!Number.isFinite(seconds) || seconds < EDGE || duration - seconds < EDGE) return void storage.removeItem(key)
  if (storage.getItem(key) === null) dropOldest(storage)
  storage.setItem(key, String(Math.floor(seconds)))
}

const dropOldest = (storage: Storage): void => {
  const kept = Object.keys(storage).filter((key) => key.startsWith(BEGIN))
  for (const key of kept.slice(0, Math.max(0, kept.length - MOST_KEPT + 1))) storage.removeItem(key)
}

/** @returns Seconds from the beginning; 0 if it was never left in the middle. */
export const positionOf = (storage: Storage, sha256: string): number => Number(storage.getItem(BEGIN + sha256) ?? 0)
