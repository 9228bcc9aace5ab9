/**
 * What would run if a page took it for markup: as content, out of an attribute, out of other elements, as an address.
 * `data-canary` marks every element that it would become, so that one is found even where the page's policy stops it.
 */
export const MARKUP = [
  '"><img src=/canary-img onerror=__canary(1) data-canary>',
  '</title></textarea></style><script data-canary>__canary(2)</script>',
  "<svg data-canary onload=__canary(3)><a href='javascript:__canary(4)'>x</a></svg>",
  `[x](javascript:__canary(5)) ![x](/canary-md) {{__canary(6)}} \`\${__canary(7)}\``,
].join(' ')

/** For names, which are short and have no slash. */
export const SHORT = '"><img src=canary-img onerror=__canary(8) data-canary>'

/** Whole documents, which nobody may run either. */
export const HTML = `<!doctype html><title>${SHORT}</title><body data-page><script>globalThis.__canary?.(9); document.body.dataset.ran = ''; fetch('/canary-html')</script>${MARKUP}`
export const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="globalThis.__canary?.(10); fetch('/canary-svg')"><script>globalThis.__canary?.(11)</script><image href="/canary-image"/><rect width="9" height="9"/></svg>`
