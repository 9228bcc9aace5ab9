import { useEffect } from 'react'

/** Puts the focus on the heading of the page, from where Tab leads to what stands under it. */
export const focusHeading = (content: HTMLElement): void => {
  const heading = content.querySelector('h1')
  if (heading === null) return
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}

/**
 * What has the focus can vanish with its row, its button or its whole list. Browsers then forget where one was, and a
 * reader of screens says nothing: the heading takes the focus, unless the page has put it somewhere better by then.
 */
export const useKeptFocus = (): void => {
  useEffect(() => {
    const content = document.getElementById('content')
    if (content === null) return
    let last: Element | undefined
    let planned = 0
    const look = (): void => {
      planned = 0
      if (last === undefined || last.isConnected) return
      last = undefined
      if (document.activeElement === document.body) focusHeading(content)
    }
    const changes = new MutationObserver(() => {
      if (planned === 0) planned = requestAnimationFrame(look)
    })
    const onFocus = ({ target }: FocusEvent): void => {
      last = target instanceof Element && content.contains(target) ? target : undefined
    }
    changes.observe(content, { childList: true, subtree: true })
    document.addEventListener('focusin', onFocus)
    return () => {
      changes.disconnect()
      cancelAnimationFrame(planned)
      document.removeEventListener('focusin', onFocus)
    }
  }, [])
}
