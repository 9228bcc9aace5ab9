import { ChartLine, Download, Table } from 'lucide-react'
import { lazy, Suspense, useId, useState } from 'react'
import { useLocale } from '../texts.ts'
import { IconButton } from './button.tsx'
import { saveText, toCsv } from './csv.ts'
import { uiTexts } from './texts.ts'

export interface PlotSeries {
  readonly name: string
  /** One for each moment; null where nothing is known. */
  readonly values: readonly (number | null)[]
  /** Default: the area's hue for the first series, muted for the second. */
  readonly tone?: 'area' | 'muted' | 'danger'
}

export interface PlotProps {
  readonly title: string
  /** Milliseconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly series: readonly PlotSeries[]
  /** Whether the moments are whole days (in UTC) or points in time. Default day. */
  readonly step?: 'day' | 'moment'
  readonly kind?: 'line' | 'bars'
  readonly area?: 'files' | 'bots' | 'cards'
  /** How a value is written. Default: as a number of the reader's language. */
  readonly format?: (value: number) => string
  /** Pixels. */
  readonly height?: number
}

const Canvas = lazy(() => import('./plot-canvas.tsx'))

/** A plot over time, with the same figures as a table and as CSV. The library that draws comes when one is shown. */
export const Plot = ({ height = 180, step = 'day', ...props }: PlotProps) => {
  const t = uiTexts.use()
  const language = useLocale()
  const [asTable, setAsTable] = useState(false)
  const heading = useId()
  const { title, times, series, format = (value: number) => value.toLocaleString(language) } = props
  const dateOf = (ms: number): string =>
    step === 'day'
      ? new Date(ms).toLocaleDateString(language, { dateStyle: 'medium', timeZone: 'UTC' })
      : new Date(ms).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })
  const save = (): void => {
    const rows = times.map((ms, n) => [new Date(ms).toISOString(), ...series.map(({ values }) => values[n])])
    saveText(`${title}.csv`, toCsv([t.time, ...series.map(({ name }) => name)], rows))
  }
  return (
    <figure className="plot" data-area={props.area} aria-labelledby={heading}>
      <figcaption className="plot-head">
        <h3 id={heading}>{title}</h3>
        {series.length > 1 && (
          <ul className="plot-legend">
            {series.map(({ name, tone }, n) => (
              <li key={name} data-tone={tone ?? (n === 0 ? 'area' : 'muted')}>
                {name}
              </li>
            ))}
          </ul>
        )}
        <div className="plot-tools">
          <IconButton label={asTable ? t.asPlot : t.asTable} onPress={() => setAsTable(!asTable)}>
            {asTable ? <ChartLine aria-hidden size={16} /> : <Table aria-hidden size={16} />}
          </IconButton>
          <IconButton label={t.saveCsv} onPress={save}>
            <Download aria-hidden size={16} />
          </IconButton>
        </div>
      </figcaption>
      {asTable ? (
        <Figures {...props} format={format} dateOf={dateOf} height={height} />
      ) : (
        <Suspense fallback={<div className="skeleton" style={{ blockSize: height }} />}>
          <Canvas {...props} step={step} format={format} dateOf={dateOf} height={height} />
        </Suspense>
      )}
    </figure>
  )
}

const Figures = ({
  title,
  times,
  series,
  format,
  dateOf,
  height,
}: PlotProps & { format: (value: number) => string; dateOf: (ms: number) => string; height: number }) => {
  const t = uiTexts.use()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
    <section className="plot-table" style={{ maxBlockSize: height }} aria-label={title} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((ms, n) => (
            <tr key={ms}>
              <th scope="row">{dateOf(ms)}</th>
              {series.map(({ name, values }) => (
                <td key={name}>{values[n] === null || values[n] === undefined ? '' : format(values[n])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
