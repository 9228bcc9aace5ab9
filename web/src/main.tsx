// First, because it fixes the order of the layers that the others fill.
import './ui/styles/index.css'

import { onlineManager, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { RouterProvider as AriaLinks, I18nProvider } from 'react-aria-components'
import { createRoot } from 'react-dom/client'
import { queries } from './api.ts'
import { watchInstall } from './app/install.ts'
import { applyPreferences } from './app/preferences.ts'
import { router } from './app/router.tsx'
import { isMirrored } from './mirrored.ts'
import { useLocale } from './texts.ts'

applyPreferences()
// It takes for granted that there is a network, until the browser says otherwise.
onlineManager.setOnline(navigator.onLine)
watchInstall()
// Without one everything works; only not without a network.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/sw.js').catch(() => undefined)
const root = document.getElementById('app')
if (root === null) throw new Error('The page has no place for the program.')

/** Controls speak the language that was chosen here, not that of the browser, and open towards its side. */
const Program = () => (
  <I18nProvider locale={useLocale() + (isMirrored ? '-Hebr' : '')}>
    <AriaLinks navigate={(to) => router.navigate({ to })}>
      <RouterProvider router={router} />
    </AriaLinks>
  </I18nProvider>
)

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Program />
    </QueryClientProvider>
  </StrictMode>,
)
