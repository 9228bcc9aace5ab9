const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'] as const
const STEP = 1024

/** @returns `512 B`, or one decimal in units of 1024: `5.0 GB`. */
export const sizeText = (sizeBytes: number): string => {
  if (sizeBytes < STEP) return `${sizeBytes} B`
  let value = sizeBytes / STEP
  let unit = 0
  // What would be printed as 1024.0 is one of the next unit.
  while (Number(value.toFixed(1)) >= STEP && unit < UNITS.length - 1) {
    value /= STEP
    unit += 1
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`
}
