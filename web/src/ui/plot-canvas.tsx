import { useEffect, useRef, useState } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useLocale } from '../texts.ts'
import type { PlotProps } from './plot.tsx'

interface CanvasProps extends PlotProps {
  readonly step: 'day' | 'moment'
  readonly format: (value: number) => string
  readonly dateOf: (ms: number) => string
  readonly height: number
}

const LABEL_PX = 12
const DAY_S = 86_400

/** How moments are written along the axis: days, or times of the day where they are closer than that. */
const ticksOf = (language: string, step: CanvasProps['step']) => {
  const zone = step === 'day' ? { timeZone: 'UTC' } : {}
  const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', ...zone })
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short', ...zone })
  return (seconds: number[], stepSeconds: number): string[] =>
    seconds.map((second) => (stepSeconds < DAY_S ? time : day).format(second * 1000))
}

/** Bars need half of their distance on both sides, or the first and the last are cut. */
const withMargins =
  ([first = 0, second = first + DAY_S * 1000]: readonly number[]) =>
  (_plot: UPlot, low: number, high: number): [number, number] => {
    const margin = (second - first) / 2000
    return [low - margin, high + margin]
  }

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

const optionsOf = (
  element: HTMLElement,
  props: CanvasProps & { readonly language: string },
  onMove: (n: number | null) => void,
): UPlot.Options => {
  const { area, series, kind, step, times, format, height, language } = props
  const tick = ticksOf(language, step)
  const inks = inksOf(element, area)
  const axis = { stroke: inks.muted, font: inks.font, ticks: { show: false }, grid: { stroke: inks.line, width: 1 } }
  const bars = kind === 'bars' ? UPlot.paths.bars?.({ size: [0.7, 40], radius: 0.15 }) : undefined
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: bars === undefined, size: 7 } },
    scales: {
      ...(bars === undefined ? {} : { x: { range: withMargins(times) } }),
      y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] },
    },
    ...(step === 'day' ? { tzDate: (seconds: number) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') } : {}),
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 56,
        values: (_plot, seconds, _axis, _space, stepSeconds) => tick(seconds, stepSeconds),
      },
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
        points: { show: times.length < 3 },
        ...(n === 0 && tone !== 'danger' ? { fill: bars === undefined ? inks.soft : inks.area } : {}),
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onMove(cursor.idx ?? null)] },
  }
}

const PlotCanvas = (props: CanvasProps) => {
  const place = useRef<HTMLDivElement>(null)
  const language = useLocale()
  const latest = useRef({ ...props, language })
  latest.current = { ...props, language }
  const [at, setAt] = useState<number | null>(null)
  const { times, series, format, dateOf, height } = props
  const drawn = JSON.stringify([times, series, props.kind, props.area, height, language])

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
