import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { focusHeading } from './use-kept-focus.ts'

const PROGRAM = 'Latchkey'
const LOOK_MS = 3_000

const firstPart = (path: string): string => path.split('/')[1] ?? ''

/**
 * Names the tab after the heading of the page, and moves the focus to that heading when another page was opened, so that
 * who does not see it hears where they are. Within an area the focus stays with who moved it.
 */
export const usePageTitle = (): void => {
  const router = useRouter()
  useEffect(() => {
    const content = document.getElementById('content')
    if (content === null) return
    let focusUntil = 0
    let planned = 0
    const look = (): void => {
      planned = 0
      const heading = content.querySelector('h1')
      const name = heading?.textContent?.trim() ?? ''
      document.title = name === '' || name === PROGRAM ? PROGRAM : `${name} · ${PROGRAM}`
      if (heading === null || performance.now() > focusUntil) return
      focusUntil = 0
      // What the page itself put the focus on is better.
      if (content.contains(document.activeElement) && document.activeElement !== content) return
      focusHeading(content)
    }
    const plan = (): void => {
      if (planned === 0) planned = requestAnimationFrame(look)
    }
    const changes = new MutationObserver(plan)
    changes.observe(content, { childList: true, subtree: true, characterData: true })
    plan()
    const stop = router.subscribe('onResolved', ({ fromLocation, toLocation, pathChanged }) => {
      if (!pathChanged || fromLocation === undefined) return
      if (
        firstPart(fromLocation.pathname) !== firstPart(toLocation.pathname) ||
        document.activeElement === document.body
      )
        focusUntil = performance.now() + LOOK_MS
      plan()
    })
    return () => {
      changes.disconnect()
      cancelAnimationFrame(planned)
      stop()
    }
  }, [router])
}
