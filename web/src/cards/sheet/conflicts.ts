/** Whether everything that a change names was still the same, so that nothing of somebody else is lost by it. */
export const isSameIn = (change: object, before: object, now: object): boolean =>
  Object.keys(change).every((key) => JSON.stringify(Reflect.get(before, key)) === JSON.stringify(Reflect.get(now, key)))
