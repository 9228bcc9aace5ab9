/** Where a key leads in a list, or in a grid of `perRow` beside each other; undefined for keys that lead nowhere. */
export const keyStep = (
  { key }: { readonly key: string },
  list: { readonly at: number; readonly count: number; readonly perRow: number; readonly page: number },
): number | undefined => {
  const { at, count, perRow, page } = list
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + perRow,
    ArrowUp: at - perRow,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
    ...(perRow > 1 ? { ArrowRight: at + 1, ArrowLeft: at - 1 } : {}),
  }
  const step = steps[key]
  return step === undefined ? undefined : Math.max(0, Math.min(step, count - 1))
}
