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
    // The first to know `light-dark()`. What stands in for it elsewhere is settled for the whole page, not for a part of it.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A script of its own for what a page loads late keeps the first load small.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What draws PDF files is larger than the usual limit. The budgets of a visitor are tested instead.
    chunkSizeWarningLimit: 2000,
    // Libraries mark what runs in browsers only, for servers that draw pages; nothing here does.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
})
