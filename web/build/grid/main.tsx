import '../../src/ui/styles/index.css'
import '../../src/cards/cards.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { queries } from '../../src/api.ts'
import type { CardItem } from '../../src/cards/card.ts'
import { CardGrid } from '../../src/cards/grid/card-grid.tsx'

declare global {
  interface Window {
    /** Draws cards that are at hand. @returns Milliseconds until they could be seen. */
    drawGrid: (items: readonly CardItem[]) => Promise<number>
    /** Scrolls down. @returns Milliseconds of each frame. */
    scrollGrid: (steps: number, pixels: number) => Promise<number[]>
  }
}

const root = createRoot(document.getElementById('app') ?? document.body)
const nothing = (): void => undefined

const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(done))
/** When the frame that is being made has been handed over. */
const painted = async (): Promise<number> => {
  await frame()
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => done(performance.now())
    port2.postMessage(undefined)
  })
}

window.drawGrid = async (items) => {
  const startedAt = performance.now()
  flushSync(() =>
    root.render(
      <QueryClientProvider client={queries}>
        <CardGrid name="bench" items={items} view="masonry" onOpen={nothing} onSelect={nothing} onMenu={nothing} />
      </QueryClientProvider>,
    ),
  )
  return (await painted()) - startedAt
}

window.scrollGrid = async (steps, pixels) => {
  const times: number[] = []
  let last = await frame()
  for (let step = 0; step < steps; step += 1) {
    scrollBy(0, pixels)
    const now = await frame()
    times.push(now - last)
    last = now
  }
  return times
}
