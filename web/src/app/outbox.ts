import { useEffect, useSyncExternalStore } from 'react'
import { createCard } from '../../../src/cards/cards/contract.ts'
import { api, ClientError, queries } from '../api.ts'
import { parseWaiting, type Sent, sendAll, type Waiting } from './outbox-list.ts'
import { useAccount } from './session.ts'

const KEPT = 'latchkey.outbox'
const AGAIN_MS = 30_000
const listeners = new Set<() => void>()
let list = parseWaiting(localStorage.getItem(KEPT))

const read = (): Waiting[] => parseWaiting(localStorage.getItem(KEPT))
const tell = (): void => {
  list = read()
  for (const listener of listeners) listener()
}
const write = (change: (list: readonly Waiting[]) => readonly Waiting[]): void => {
  localStorage.setItem(KEPT, JSON.stringify(change(read())))
  tell()
}

const send = async ({ key, content, tags }: Waiting): Promise<Sent> => {
  try {
    const body = { content, source: 'web', ...(tags.length === 0 ? {} : { tags: [...tags] }) }
    await api.call(createCard, { body, headers: { 'idempotency-key': key } })
    return { is: 'done' }
  } catch (error) {
    // Signed out, limited, or still being done from another tab: the same key later.
    const isFinal = error instanceof ClientError && [400, 403, 413, 422].includes(error.status)
    return isFinal ? { is: 'refused', why: error.message } : { is: 'later' }
  }
}

const settle = ({ key }: Waiting, refused?: string): void =>
  write((all) =>
    refused === undefined
      ? all.filter((item) => item.key !== key)
      : all.map((item) => (item.key === key ? { ...item, refused } : item)),
  )

let sending: Promise<void> | undefined

/** Sends what this account has here. One at a time; another tab that does the same sends the same keys. */
const flush = async (accountId: string): Promise<void> => {
  sending ??= sendAll(
    read().filter((item) => item.accountId === accountId),
    send,
    settle,
  ).finally(() => {
    sending = undefined
  })
  const before = read().length
  await sending
  if (read().length < before) await queries.invalidateQueries({ queryKey: ['cards'] })
}

/**
 * Saves a text or a link as a card: first here, then on the server, so that nothing is lost between the two.
 *
 * @returns `saved`, `kept` until there is a connection again, or why it was refused.
 */
export const capture = async (
  accountId: string,
  content: string,
  tags: readonly string[] = [],
): Promise<'saved' | 'kept' | { readonly refused: string }> => {
  const item = { key: crypto.randomUUID(), accountId, content, tags, writtenAt: new Date().toISOString() }
  write((all) => [...all, item])
  await sending
  await flush(accountId)
  const left = read().find(({ key }) => key === item.key)
  if (left?.refused === undefined) return left === undefined ? 'saved' : 'kept'
  discard(item.key)
  return { refused: left.refused }
}

export const discard = (key: string): void => write((all) => all.filter((item) => item.key !== key))

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What waits here, of the account that is signed in. */
export const useOutbox = (): readonly Waiting[] => {
  const account = useAccount()
  return useSyncExternalStore(subscribe, () => list).filter(({ accountId }) => accountId === account?.id)
}

/** Sends what waits when the network is back, and every now and then; once, in the frame. */
export const useOutboxSending = (): void => {
  const accountId = useAccount()?.id
  useEffect(() => {
    if (accountId === undefined) return
    const go = (): void => void (read().length > 0 && flush(accountId))
    go()
    const timer = setInterval(go, AGAIN_MS)
    addEventListener('online', go)
    addEventListener('storage', tell)
    return () => {
      clearInterval(timer)
      removeEventListener('online', go)
      removeEventListener('storage', tell)
    }
  }, [accountId])
}
