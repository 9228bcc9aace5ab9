import { after } from 'node:test'

const open = new Set<() => Promise<void>>()

// Of a suite whose tests are all left out by a name pattern the body runs and the hooks do not: what it has opened would
// keep the process alive.
after(async () => {
  for (const close of [...open].reverse()) await close()
})

/** Closes something when its suite is over, or else at the end of the file: once. */
export const closeAfter = (close: () => unknown): void => {
  const once = async (): Promise<void> => {
    if (open.delete(once)) await close()
  }
  open.add(once)
  after(once)
}
