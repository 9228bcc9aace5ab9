import { useEffect, useState } from 'react'
import { getDocument, type PDFDocumentProxy, type PDFPageProxy, PDFWorker } from 'unpdf/pdfjs'

/** A document with its first page, by which the others are measured until they are seen. */
export interface OpenPdf {
  readonly document: PDFDocumentProxy
  readonly first: PDFPageProxy
}

export type FoundPdf = OpenPdf | { readonly problem: 'locked' | 'broken' } | undefined

const RANGE_BYTES = 256 * 1024

const problemOf = (error: unknown): 'locked' | 'broken' =>
  error instanceof Error && error.name === 'PasswordException' ? 'locked' : 'broken'

/** Opens a PDF, of which only what is looked at is fetched. */
export const usePdf = (url: string): FoundPdf => {
  const [found, setFound] = useState<FoundPdf>()
  useEffect(() => {
    let isOver = false
    const port = new Worker(new URL('./pdf-worker.ts', import.meta.url), { type: 'module' })
    const loading = getDocument({
      url: new URL(url, location.href).href,
      worker: PDFWorker.create({ port }),
      rangeChunkSize: RANGE_BYTES,
      disableAutoFetch: true,
      enableXfa: false,
      // Our pages run no WebAssembly; without it the same is done more slowly.
      useWasm: false,
      verbosity: 0,
    })
    const open = async (): Promise<OpenPdf> => {
      const document = await loading.promise
      return { document, first: await document.getPage(1) }
    }
    open().then(
      (pdf) => !isOver && setFound(pdf),
      (error: unknown) => !isOver && setFound({ problem: problemOf(error) }),
    )
    // One that does not even start says so here.
    port.addEventListener('error', () => !isOver && setFound({ problem: 'broken' }))
    return () => {
      isOver = true
      void loading.destroy().finally(() => port.terminate())
    }
  }, [url])
  return found
}
