/** Where somebody was in a list, until the page is loaded anew. */
export interface Remembered {
  readonly top: number
  readonly active: string | undefined
}

const places = new Map<string, Remembered>()

export const remember = (list: string, place: Remembered): void => {
  places.set(list, place)
}
export const recall = (list: string): Remembered | undefined => places.get(list)
