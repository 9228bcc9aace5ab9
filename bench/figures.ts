/** Figures of one measurement against its yardstick. */
export interface Row {
  readonly name: string
  /** Text of what was measured, with its unit. */
  readonly ours: string
  readonly yardstick: string
  /** One for each pair; greater is better for us. Empty for a figure that stands alone. */
  readonly ratios: readonly number[]
  /** What has to hold; absent for information. */
  readonly bar?: { readonly text: string; readonly holds: boolean }
}

/** What a case may spend. */
export interface Effort {
  readonly quick: boolean
  /** Size of the files that are sent; each case has its own unless told. */
  readonly megabytes?: number
}

export interface Case {
  readonly name: string
  run(effort: Effort): Promise<Row[]>
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** @param q 0 for the least, 1 for the greatest. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** A bar on the median of ratios. */
export const atLeast = (ratios: readonly number[], least: number): NonNullable<Row['bar']> => ({
  text: `>= ${least.toFixed(2)}`,
  holds: median(ratios) >= least,
})

export const atMost = (value: number, most: number, unit: string): NonNullable<Row['bar']> => ({
  text: `<= ${most} ${unit}`,
  holds: value <= most,
})

const ratioText = (ratios: readonly number[]): string => {
  if (ratios.length === 0) return ''
  const [middle, least, most] = [median(ratios), Math.min(...ratios), Math.max(...ratios)]
  return `${middle.toFixed(3)} (${least.toFixed(2)}..${most.toFixed(2)})`
}

const verdict = ({ bar }: Row): string => (bar === undefined ? '' : bar.holds ? 'ok' : 'MISSED')

export const printTable = (rows: readonly Row[]): void => {
  const head = ['what', 'ours', 'yardstick', 'ratio: median (min..max)', 'bar', '']
  const cells = rows.map((row) => [
    row.name,
    row.ours,
    row.yardstick,
    ratioText(row.ratios),
    row.bar?.text ?? '',
    verdict(row),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((line) => line[column]?.length ?? 0)))
  for (const line of [head, widths.map((width) => '-'.repeat(width)), ...cells])
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}
