/**
 * Runs in the page. Gives sentences about what is out of place: a page that scrolls sideways, controls that are cut off
 * or lie under others, words that are cut without a sign of it.
 */
export const MISPLACED = `(() => {
  const CONTROLS = 'a[href], button, input, select, textarea, summary, [role=tab], [role=menuitem], [role=option]'
  const wide = document.documentElement.clientWidth
  const nameOf = (element) => {
    const text = (element.getAttribute('aria-label') || element.innerText || element.value || '').trim().slice(0, 30)
    return element.tagName.toLowerCase() + (element.className ? '.' + String(element.className).split(' ')[0] : '') + ' “' + text + '”'
  }
  const chain = (element) => {
    const all = []
    for (let at = element; at !== null && at !== document.documentElement; at = at.parentElement) all.push(at)
    return all
  }
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth
  const floats = (element) => chain(element).some((at) => /fixed|sticky/.test(getComputedStyle(at).position))
  const isSeen = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !chain(element).some((at) => at.inert || at.getAttribute('aria-hidden') === 'true' || at.classList.contains('visually-hidden'))
  const found = []
  const root = document.scrollingElement
  if (root.scrollWidth > root.clientWidth) {
    const far = [...document.querySelectorAll('body *')].filter((at) => isSeen(at) && at.getBoundingClientRect().right > wide + 1 && !chain(at.parentElement).some(scrolls))
    found.push('It scrolls sideways by ' + (root.scrollWidth - root.clientWidth) + ' pixels: ' + far.slice(0, 3).map(nameOf).join(', '))
  }
  const hidden = (element) => { const { clip, clipPath, opacity } = getComputedStyle(element); return clip.startsWith('rect') || clipPath !== 'none' || opacity === '0' }
  const controls = [...document.querySelectorAll(CONTROLS)].filter((at) => isSeen(at) && !hidden(at) && !chain(at).some(hidden))
  for (const control of controls) {
    const box = control.getBoundingClientRect()
    if (box.width < 2 || box.height < 2) continue
    if ((box.left < -1 || box.right > wide + 1) && !chain(control.parentElement).some(scrolls)) {
      if (control.className === 'skip-link') continue
      found.push('Cut off at the side: ' + nameOf(control))
      continue
    }
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue
    const top = document.elementFromPoint(x, y)
    if (top === null || control.contains(top) || top.contains(control) || floats(top) !== floats(control)) continue
    const above = top.closest(CONTROLS)
    if (above !== null && above !== control && !above.contains(control)) found.push(nameOf(control) + ' lies under ' + nameOf(above))
  }
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
    if (!own || !isSeen(element)) continue
    const style = getComputedStyle(element)
    if (!/hidden|clip/.test(style.overflowX + style.overflowY) || style.textOverflow === 'ellipsis') continue
    if (style.webkitLineClamp !== 'none' || style.clipPath !== 'none') continue
    if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 2)
      found.push('Words are cut: ' + nameOf(element))
  }
  return found
})()`

/** Runs in the page. Gives sentences about what is not mirrored. */
export const NOT_MIRRORED = `(() => {
  const found = []
  const box = (selector) => document.querySelector(selector)?.getBoundingClientRect()
  const [nav, main] = [box('.shell-nav'), box('main')]
  if (getComputedStyle(document.body).direction !== 'rtl') found.push('The page is written from left to right.')
  if (nav && main && nav.left < main.left) found.push('The navigation is on the left.')
  const heading = document.querySelector('main h1')?.getBoundingClientRect()
  if (heading && main && main.right - heading.right > heading.left - main.left + 1 && heading.width < main.width / 2)
    found.push('The heading is on the left.')
  for (const list of document.querySelectorAll('.tab-list, .bot-tabs, .cards-pages, .dialog-actions, .page-head')) {
    const children = [...list.children].map((child) => child.getBoundingClientRect()).filter(({ width }) => width > 0)
    const [first, second] = children
    if (second && Math.abs(first.top - second.top) < 12 && first.left < second.left) found.push('Not in order: ' + list.className)
  }
  return found
})()`
