// The order matters: each names itself after those that it wants to be taken for.
const BROWSERS = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
] as const

const SYSTEMS = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b|\biPad\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
] as const

const nameIn = (list: typeof BROWSERS | typeof SYSTEMS, agent: string): string | undefined =>
  list.find(([form]) => form.test(agent))?.[1]

/** `Firefox, Windows`: what a person would call the program that sent this. */
export const agentName = (agent: string): string | undefined => {
  const browser = nameIn(BROWSERS, agent) ?? /^([\w.-]{1,40})(?:\/|$)/.exec(agent)?.[1]
  if (browser === undefined) return undefined
  const system = nameIn(SYSTEMS, agent)
  return system === undefined ? browser : `${browser}, ${system}`
}
