import assert from 'node:assert/strict'
import type { FileChooser, Locator, Page } from 'playwright-core'

/** How somebody uses a page: with a mouse, with a finger, or with keys alone. */
export interface Hand {
  /** Presses a button or follows a link. */
  press(control: Locator): Promise<void>
  /** Puts text into a field in place of what is there. */
  write(field: Locator, text: string): Promise<void>
}

const isFocused = (control: Locator): Promise<boolean> =>
  control.evaluate((element) => element === document.activeElement)

/** A mouse. What has the focus already is not clicked before it is written to. */
export const mouse = (page: Page): Hand => ({
  press: (control) => control.click(),
  async write(field, text) {
    if (!(await isFocused(field))) await field.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(text)
  },
})

export const finger = (page: Page): Hand => ({
  press: (control) => control.tap(),
  async write(field, text) {
    await field.tap()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(text)
  },
})

/** A window with a mouse, and a phone of 390x844 with a finger: what can be done in one can be done in the other. */
export const WAYS = [
  { way: 'in a window', phone: false, hand: mouse },
  { way: 'on a phone', phone: true, hand: finger },
] as const
export type Way = (typeof WAYS)[number]

/** What is done on every page, with whatever hand. */
export const actsOf = (page: Page, { press, write }: Hand) => {
  const button = (name: string | RegExp): Locator => page.getByRole('button', { name, exact: typeof name === 'string' })
  return {
    press,
    write,
    button,
    /** Opens the menu of something, and takes one of its points. */
    async fromMenu(menu: Locator, point: string | RegExp) {
      await press(menu)
      await press(page.getByRole('menuitem', { name: point }))
    },
    async fromList(field: Locator, choice: string) {
      await press(field)
      await press(page.getByRole('option', { name: choice, exact: true }))
    },
    /** Answers the browser's own window for files, which something opens. */
    async giveFiles(opens: () => Promise<void>, files: Parameters<FileChooser['setFiles']>[0]) {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), opens()])
      await chooser.setFiles(files)
    },
  }
}

const MOST_STOPS = 150

/** Keys alone: whatever is used is reached with Tab, and each stop on the way shows where one is. */
export const keyboard = (page: Page): Hand => {
  const reach = async (control: Locator): Promise<void> => {
    await control.waitFor()
    const seen: string[] = []
    for (let stop = 0; stop < MOST_STOPS; stop += 1) {
      if (await isFocused(control)) return
      // In an editor Tab indents, until Escape has been pressed.
      if (seen.at(-1)?.startsWith('editor')) await page.keyboard.press('Escape')
      await page.keyboard.press('Tab')
      seen.push(await page.evaluate(lookAtFocus))
      assert.doesNotMatch(seen.at(-1) ?? '', /^(lost|unseen)/, `Focus on the way to ${control}: ${seen.join('; ')}`)
    }
    throw new Error(`${control} cannot be reached with Tab. What can: ${seen.join('; ')}`)
  }
  return {
    async press(control) {
      await reach(control)
      await page.keyboard.press('Enter')
    },
    async write(field, text) {
      await reach(field)
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText(text)
    },
  }
}

/** The focus is on something of the page, though what had it is gone. */
export const assertFocusKept = async (page: Page, where: string): Promise<void> => {
  await page
    .waitForFunction(() => document.activeElement !== null && document.activeElement !== document.body, null, {
      timeout: 5_000,
    })
    .catch((cause: unknown) => assert.fail(`The focus is lost ${where}. ${String(cause)}`))
}

/** Runs in the page. @returns What has the focus, behind `unseen` where nothing marks it or something covers it. */
const lookAtFocus = (): string => {
  const element = document.activeElement
  // Behind the last stop is the browser's own frame, from where the next Tab comes back.
  if (element === null || element === document.body) return 'frame'
  const name = `${element.tagName.toLowerCase()} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}”`
  const isMarked = (at: Element | null, up: number): boolean => {
    if (at === null || up < 0) return false
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at)
    return (
      (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none' || isMarked(at.parentElement, up - 1)
    )
  }
  // Where text is written the caret says so.
  if (element instanceof HTMLElement && element.isContentEditable) return `editor ${name}`
  const { left, top, width, height } = element.getBoundingClientRect()
  const above = document.elementFromPoint(left + width / 2, top + height / 2)
  const isInSight =
    above !== null &&
    (above.contains(element) || element.contains(above) || above.closest('label')?.contains(element) === true)
  if (!isMarked(element, 2)) return `unseen: nothing marks ${name}`
  return isInSight ? name : `unseen: ${name} is covered by ${above?.className ?? 'nothing'} or out of sight`
}
