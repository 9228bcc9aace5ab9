import type { ReactElement, ReactNode } from 'react'
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components'

export interface MenuAction {
  readonly id: string
  readonly name: string
  readonly icon?: ReactNode
  readonly tone?: 'danger'
  /** The key that does the same, as it is shown. */
  readonly shortcut?: string
  readonly href?: string
  readonly isDisabled?: boolean
  readonly onAction?: () => void
}

/** Actions behind a button; null in the list draws a line. */
export const Menu = ({
  label,
  trigger,
  actions,
}: {
  readonly label: string
  readonly trigger: ReactElement
  readonly actions: readonly (MenuAction | null)[]
}) => (
  <MenuTrigger>
    {trigger}
    <Popover className="popover">
      <AriaMenu className="menu" aria-label={label}>
        {actions.map((action, index) =>
          action === null ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name, and the list does not move.
            <Separator key={`line ${index}`} />
          ) : (
            <MenuItem
              key={action.id}
              id={action.id}
              className="menu-item"
              textValue={action.name}
              data-tone={action.tone}
              isDisabled={action.isDisabled ?? false}
              {...(action.href === undefined ? {} : { href: action.href })}
              {...(action.onAction === undefined ? {} : { onAction: action.onAction })}
            >
              {action.icon}
              {action.name}
              {action.shortcut !== undefined && <kbd>{action.shortcut}</kbd>}
            </MenuItem>
          ),
        )}
      </AriaMenu>
    </Popover>
  </MenuTrigger>
)
