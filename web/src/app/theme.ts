import type { THEMES } from '../../../src/accounts/preferences/contract.ts'

export const applyTheme = (wanted: (typeof THEMES)[number]): void => {
  if (wanted === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = wanted
}

const system = matchMedia('(prefers-contrast: more)')
let isWanted = false

/** @param on Whether a person asked for it; the system's own wish holds besides. */
export const applyContrast = (on: boolean): void => {
  isWanted = on
  // Both wishes are one attribute, so that the colours for them stand in one place.
  if (on || system.matches) document.documentElement.dataset.contrast = 'more'
  else delete document.documentElement.dataset.contrast
}

system.addEventListener('change', () => applyContrast(isWanted))
