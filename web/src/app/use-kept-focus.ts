import { useEffect } from 'react'

/** Puts the focus on the heading of the page, from where Tab leads to what stands under it. */
export const focusHeading = (content: HTMLElement): void => {
  const heading = content.querySelector('h1')
  if (heading === null) return
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}

const FIELDS = ':is(input, textarea):enabled'
/** Browsers take the focus from what is switched off a frame later. */
const SETTLED_MS = 60

/**
 * What has the focus can vanish with its row, its button or its whole list. Browsers then forget where one was, and a
 * reader of screens says nothing: the heading takes the focus, unless the page has put it somewhere better by then.
 */
export const useKeptFocus = (): void => {
  useEffect(() => {
    const content = document.getElementById('content')
    if (content === null) return
    let last: Element | undefined
    let planned: ReturnType<typeof setTimeout> | 0 = 0
    const look = (): void => {
      planned = 0
      if (last === undefined || document.activeElement !== document.body) return
      // A button that is switched off keeps its place and not the focus: back to what it was pressed for.
      const isOff = last.isConnected && last.matches(':disabled')
      if (last.isConnected && !isOff) return
      const field = isOff ? last.closest('form, section')?.querySelector<HTMLElement>(FIELDS) : undefined
      last = undefined
      if (field) field.focus()
      else focusHeading(content)
    }
    const changes = new MutationObserver(() => {
      if (planned === 0) planned = setTimeout(look, SETTLED_MS)
    })
    const onFocus = ({ target }: FocusEvent): void => {
      last = target instanceof Element && content.contains(target) ? target : undefined
    }
    changes.observe(content, { childList: true, subtree: true, attributeFilter: ['disabled'] })
    document.addEventListener('focusin', onFocus)
    return () => {
      changes.disconnect()
      clearTimeout(planned)
      document.removeEventListener('focusin', onFocus)
    }
  }, [])
}
