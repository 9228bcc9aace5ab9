// First, because it fixes the order of the layers that the others fill.
import './ui/styles/index.css'

import { onlineManager, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { RouterProvider as AriaLinks } from 'react-aria-components'
import { createRoot } from 'react-dom/client'
import { queries } from './api.ts'
import { watchInstall } from './app/install.ts'
import { applyPreferences } from './app/preferences.ts'
import { router } from './app/router.tsx'

applyPreferences()
// It takes for granted that there is a network, until the browser says otherwise.
onlineManager.setOnline(navigator.onLine)
watchInstall()
// Without one everything works; only not without a network.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/sw.js').catch(() => undefined)
const root = document.getElementById('app')
if (root === null) throw new Error('The page has no place for the program.')

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <AriaLinks navigate={(to) => router.navigate({ to })}>
        <RouterProvider router={router} />
      </AriaLinks>
    </QueryClientProvider>
  </StrictMode>,
)
