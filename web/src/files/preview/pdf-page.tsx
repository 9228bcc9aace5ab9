import { useEffect, useRef, useState } from 'react'
import type { PDFDocumentProxy, RenderTask } from 'unpdf/pdfjs'
import { previewTexts } from './texts.ts'

export interface PageSize {
  readonly width: number
  readonly height: number
}

/** Pixels of one page at most: more than that, and phones draw nothing at all. */
const MOST_PIXELS = 16_000_000

/** Whether it is in the window, or so near that it will be soon. */
const useNear = (root: HTMLElement | null, onSeen: () => void) => {
  const frame = useRef<HTMLElement>(null)
  const seen = useRef(onSeen)
  seen.current = onSeen
  const [isNear, setIsNear] = useState(false)
  useEffect(() => {
    const page = frame.current
    if (page === null || root === null) return
    const near = new IntersectionObserver((entries) => setIsNear(entries.at(-1)?.isIntersecting ?? false), {
      root,
      rootMargin: '100% 0px',
    })
    const middle = new IntersectionObserver((entries) => entries.at(-1)?.isIntersecting && seen.current(), {
      root,
      rootMargin: '-50% 0px',
    })
    near.observe(page)
    middle.observe(page)
    return () => {
      near.disconnect()
      middle.disconnect()
    }
  }, [root])
  return { frame, isNear }
}

interface PdfPageProps {
  readonly document: PDFDocumentProxy
  readonly number: number
  /** What it is taken for until it has been read. */
  readonly size: PageSize
  readonly zoom: number
  readonly root: HTMLElement | null
  readonly onSeen: () => void
}

/** A page: drawn while it is near the window, and a place of its size while it is not. */
export const PdfPage = ({ document, number, size, zoom, root, onSeen }: PdfPageProps) => {
  const t = previewTexts.use()
  const { frame, isNear } = useNear(root, onSeen)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [{ width, height }, setShape] = useState(size)
  const [text, setText] = useState('')
  const [hasFailed, setHasFailed] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a larger page is drawn anew.
  useEffect(() => {
    const target = canvas.current
    if (!isNear || target === null) return
    let isOver = false
    let drawing: RenderTask | undefined
    const draw = async (): Promise<void> => {
      const page = await document.getPage(number)
      if (isOver) return
      const plain = page.getViewport({ scale: 1 })
      setShape({ width: plain.width, height: plain.height })
      const wanted = (target.clientWidth * devicePixelRatio) / plain.width
      const scale = Math.min(wanted, Math.sqrt(MOST_PIXELS / (plain.width * plain.height)))
      const viewport = page.getViewport({ scale })
      target.width = Math.floor(viewport.width)
      target.height = Math.floor(viewport.height)
      drawing = page.render({ canvas: target, viewport })
      await drawing.promise
      if (!isOver) setHasFailed(false)
      const { items } = await page.getTextContent()
      if (!isOver) setText(items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join(''))
    }
    draw().catch(() => !isOver && setHasFailed(true))
    return () => {
      isOver = true
      drawing?.cancel()
      // Gives back what the picture takes, which is the most that a long document needs.
      target.width = 0
    }
  }, [isNear, zoom, document, number])
  return (
    <section
      ref={frame}
      className="pdf-page"
      aria-label={t.page(number, document.numPages)}
      data-page={number}
      style={{ aspectRatio: `${width} / ${height}`, inlineSize: `calc(min(100%, 1000px) * ${zoom})` }}
    >
      <canvas ref={canvas} aria-hidden />
      <p className="visually-hidden">{hasFailed ? t.pageFailed : text}</p>
      {hasFailed && <p aria-hidden>{t.pageFailed}</p>}
    </section>
  )
}
