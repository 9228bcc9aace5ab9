type Box = Pick<DOMRect, 'left' | 'top' | 'bottom'>

/**
 * Where a menu that keys open begins, in pixels from the window's top left corner: at the end of its row, and within the
 * list also when that row is out of sight or does not exist yet.
 */
export const menuPoint = (row: Box | undefined, list: Box): { readonly x: number; readonly y: number } => ({
  x: (row ?? list).left + 48,
  y: Math.max(list.top, Math.min(row?.bottom ?? list.top, list.bottom) - 8),
})
