/** What of a keyboard event says which keys are down. */
export interface KeyPress {
  readonly key: string
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

const NAMED: Readonly<Record<string, string>> = { ' ': 'space', esc: 'escape' }

/** Letters go by their place where the layout has no Latin ones: `g` stays `g` while Cyrillic is typed. */
const letterOf = ({ key, code }: KeyPress): string => {
  const typed = NAMED[key] ?? key.toLowerCase()
  return typed.length === 1 && typed > '\u007f' && /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : typed
}

/**
 * How a press is written in a shortcut: `k`, `mod+k`, `shift+j`, `?`, `escape`. `mod` is Command on a Mac, else Control.
 * A character that needs Shift is written as the character, because where it sits differs by layout.
 */
export const chordOf = (press: KeyPress, isMac: boolean): string => {
  const name = letterOf(press)
  const isSymbol = name.length === 1 && !/[a-z0-9]/.test(name)
  const parts = [
    (isMac ? press.metaKey : press.ctrlKey) ? 'mod' : '',
    (isMac ? press.ctrlKey : press.metaKey) ? 'super' : '',
    press.altKey ? 'alt' : '',
    press.shiftKey && !isSymbol ? 'shift' : '',
    name,
  ]
  return parts.filter((part) => part !== '').join('+')
}

/** Whether somebody who dictates could press it by speaking (WCAG 2.1.4): those can be switched off. */
export const isCharacterKey = (keys: string): boolean => {
  const [first = ''] = keys.split(' ')
  return !/(?:mod|alt|super)\+/.test(first) && first.replace('shift+', '').length === 1
}

const SHOWN: Readonly<Record<string, string>> = {
  alt: 'Alt',
  shift: 'Shift',
  escape: 'Esc',
  enter: 'Enter',
  space: 'Space',
  delete: 'Del',
  backspace: 'Backspace',
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
}

/** `mod+k` as it is printed on keyboards: `⌘K` or `Ctrl+K`; `g f` as `G F`. */
export const showKeys = (keys: string, isMac: boolean): string =>
  keys
    .split(' ')
    .map((chord) =>
      (chord === '+' ? ['+'] : chord.split('+'))
        .map((part) => (part === 'mod' ? (isMac ? '⌘' : 'Ctrl') : (SHOWN[part] ?? part.toUpperCase())))
        .join(isMac ? '' : '+'),
    )
    .join(' ')

const SEQUENCE_MS = 1_200

/** Follows presses: tells shortcuts of one chord and of several (`g f`) apart. */
export const keySequence = () => {
  let begun = ''
  let beganAt = 0
  return {
    /**
     * @param known Every shortcut that there is now.
     * @returns The one that is complete with this press; `wait` while one has begun.
     */
    press(chord: string, known: ReadonlySet<string>, nowMs: number): { complete?: string; wait: boolean } {
      const before = nowMs - beganAt <= SEQUENCE_MS ? begun : ''
      begun = ''
      for (const keys of before === '' ? [chord] : [`${before} ${chord}`, chord]) {
        if (known.has(keys)) return { complete: keys, wait: false }
        if (![...known].some((other) => other.startsWith(`${keys} `))) continue
        begun = keys
        beganAt = nowMs
        return { wait: true }
      }
      return { wait: false }
    },
  }
}
