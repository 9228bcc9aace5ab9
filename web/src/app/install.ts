import { useSyncExternalStore } from 'react'

/** Chromium's offer to install the page. @see https://developer.mozilla.org/docs/Web/API/BeforeInstallPromptEvent */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>
}

let offer: InstallOffer | undefined
const listeners = new Set<() => void>()

const set = (next: InstallOffer | undefined): void => {
  offer = next
  for (const listener of listeners) listener()
}

/** Keeps the browser's offer for when a person asks for it; as early as possible. */
export const watchInstall = (): void => {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    set(event as InstallOffer)
  })
  addEventListener('appinstalled', () => set(undefined))
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const install = (): void => {
  void offer?.prompt().finally(() => set(undefined))
}

/** @returns What installs the page as an app, where the browser offers that. */
export const useInstall = (): (() => void) | undefined =>
  useSyncExternalStore(subscribe, () => offer) === undefined ? undefined : install
