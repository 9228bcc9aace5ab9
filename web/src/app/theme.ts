export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEPT = 'latchkey.theme'

export const theme = (): Theme => THEMES.find((name) => name === localStorage.getItem(KEPT)) ?? 'system'

/** @param wanted What the person chose just now; else what was chosen last time. */
export const applyTheme = (wanted: Theme = theme()): void => {
  localStorage.setItem(KEPT, wanted)
  if (wanted === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = wanted
}

const CONTRAST = 'latchkey.contrast'
const system = matchMedia('(prefers-contrast: more)')

/** Whether a person asked for it here; the system's own wish holds besides. */
export const isHighContrast = (): boolean => localStorage.getItem(CONTRAST) === 'more'

export const applyContrast = (on: boolean = isHighContrast()): void => {
  localStorage.setItem(CONTRAST, on ? 'more' : 'system')
  if (on || system.matches) document.documentElement.dataset.contrast = 'more'
  else delete document.documentElement.dataset.contrast
}

// Both wishes are one attribute, so that the colours for them stand in one place.
system.addEventListener('change', () => applyContrast())
