import { useEffect, useRef, useState } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { PlotProps } from './plot.tsx'

interface CanvasProps extends PlotProps {
  readonly step: 'day' | 'moment'
  readonly format: (value: number) => string
  readonly dateOf: (ms: number) => string
  readonly height: number
}

const LABEL_PX = 12

/** The colours of the page, as the theme has them now. */
const inksOf = (element: HTMLElement, area: PlotProps['area']) => {
  const style = getComputedStyle(element)
  // A canvas knows no tokens, and a token is a pair of colours: where it is used it becomes one.
  const color = (name: string): string => {
    element.style.outlineColor = `var(${name})`
    const found = style.outlineColor
    element.style.outlineColor = ''
    return found
  }
  return {
    area: color(area === undefined ? '--accent' : `--${area}`),
    soft: color(area === undefined ? '--line' : `--${area}-soft`),
    muted: color('--muted'),
    danger: color('--danger'),
    line: color('--line'),
    font: `${LABEL_PX}px ${style.fontFamily}`,
  }
}

const optionsOf = (element: HTMLElement, props: CanvasProps, onMove: (n: number | null) => void): UPlot.Options => {
  const { area, series, kind, step, format, height } = props
  const inks = inksOf(element, area)
  const axis = { stroke: inks.muted, font: inks.font, ticks: { show: false }, grid: { stroke: inks.line, width: 1 } }
  const bars = kind === 'bars' ? UPlot.paths.bars?.({ size: [0.7, 40], radius: 0.15 }) : undefined
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    ...(step === 'day' ? { tzDate: (seconds: number) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') } : {}),
    axes: [
      { ...axis, grid: { show: false } },
      {
        ...axis,
        size: 56,
        values: (_plot, values) => values.map((value) => (Number.isInteger(value) ? format(value) : '')),
      },
    ],
    series: [
      {},
      ...series.map(({ name, tone }, n) => ({
        label: name,
        stroke: inks[tone ?? (n === 0 ? 'area' : 'muted')],
        width: 2,
        points: { show: props.times.length < 3 },
        ...(n === 0 && tone !== 'danger' ? { fill: bars === undefined ? inks.soft : inks.area } : {}),
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onMove(cursor.idx ?? null)] },
  }
}

const PlotCanvas = (props: CanvasProps) => {
  const place = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const [at, setAt] = useState<number | null>(null)
  const { times, series, format, dateOf, height } = props
  const drawn = JSON.stringify([times, series, props.kind, props.area, height])

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is compared as a text, not by identity.
  useEffect(() => {
    const element = place.current
    if (element === null) return
    let plot: UPlot | undefined
    const draw = (): void => {
      plot?.destroy()
      const now = latest.current
      const data = [now.times.map((ms) => ms / 1000), ...now.series.map(({ values }) => [...values])]
      plot = new UPlot(optionsOf(element, now, setAt), data as UPlot.AlignedData, element)
    }
    draw()
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    // Colours of a canvas do not follow the theme by themselves.
    const themed = new MutationObserver(draw)
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'data-contrast'] })
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      resized.disconnect()
      themed.disconnect()
      scheme.removeEventListener('change', draw)
      plot?.destroy()
    }
  }, [drawn])

  const shown = at ?? times.length - 1
  const moment = times[shown]
  return (
    <>
      <div className="plot-canvas" ref={place} style={{ minBlockSize: height }} aria-hidden />
      <p className="plot-reading">
        {moment !== undefined && dateOf(moment)}
        {series.map(({ name, values }) => {
          const value = values[shown]
          return value === null || value === undefined ? null : (
            <span key={name}>
              {name}: <strong>{format(value)}</strong>
            </span>
          )
        })}
      </p>
    </>
  )
}

export default PlotCanvas
