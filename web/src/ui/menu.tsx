import { type ReactElement, type ReactNode, useRef } from 'react'
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

/** The lines of a menu; null draws a line between them. */
export const MenuList = ({
  label,
  actions,
}: {
  readonly label: string
  readonly actions: readonly (MenuAction | null)[]
}) => (
  <AriaMenu className="menu" aria-label={label}>
    {actions.map((action, index) =>
      action === null ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name, and the list does not move.
        <Separator key={`line ${index}`} className="menu-line" />
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
)

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
      <MenuList label={label} actions={actions} />
    </Popover>
  </MenuTrigger>
)

/** Actions at a point of the window, for a press of the other button or the menu key. */
export const ContextMenu = ({
  label,
  at,
  actions,
  onClose,
}: {
  readonly label: string
  /** Pixels from the window's top left corner; undefined while it is closed. */
  readonly at: { readonly x: number; readonly y: number } | undefined
  readonly actions: readonly (MenuAction | null)[]
  readonly onClose: () => void
}) => {
  const anchor = useRef<HTMLSpanElement>(null)
  return (
    <>
      <span ref={anchor} aria-hidden style={{ position: 'fixed', left: at?.x ?? 0, top: at?.y ?? 0 }} />
      <Popover
        className="popover"
        aria-label={label}
        triggerRef={anchor}
        // A popover that stays open does not move: it is made anew at another point.
        key={`${at?.x} ${at?.y}`}
        isOpen={at !== undefined}
        placement="bottom start"
        offset={0}
        onOpenChange={(open) => !open && onClose()}
      >
        <MenuList
          label={label}
          actions={actions.map((action) =>
            action === null
              ? null
              : {
                  ...action,
                  onAction: () => {
                    onClose()
                    action.onAction?.()
                  },
                },
          )}
        />
      </Popover>
    </>
  )
}
