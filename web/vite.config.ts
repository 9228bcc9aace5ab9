import { defineConfig } from 'vite'
import { contractsForBrowsers } from './build/contracts.ts'

/** Replaced by the server with a new value for each page: the only style sheets that scripts may add carry it. */
const NONCE = 'LATCHKEY_NONCE'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [contractsForBrowsers()],
  html: { cspNonce: NONCE },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Which part loads which, for the test of what a first visit costs; the server does not serve it.
    manifest: true,
    target: 'es2023',
    // A script of its own for what a page loads late keeps the first load small.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Libraries mark what runs in browsers only, for servers that draw pages; nothing here does.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
})
