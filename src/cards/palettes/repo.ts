import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { isOwn } from '../owned.ts'
import type { Hue } from './names.ts'
import { fromHex, hueOf, type Oklab, toOklab } from './oklab.ts'
import { MAX_COLORS, type PaletteColor } from './palette.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_colors: {
      card_number: number
      position: number
      account_id: string
      hex: string
      name: string | null
      hue: Hue
      /** These three in ten-thousandths. */
      lightness: number
      a: number
      b: number
    }
  }
}

/** Near enough to be taken for the same colour at a glance. */
const NEAR = 0.1
const SCALE = 10_000

export const colorsRepo = (db: Db) => ({
  /** Gives a card these colours and no others; more than `MAX_COLORS` are cut. */
  async replace(accountId: string, cardNumber: number, colors: readonly PaletteColor[]): Promise<void> {
    await db.deleteFrom('card_colors').where('card_number', '=', cardNumber).execute()
    const rows = colors.slice(0, MAX_COLORS).map(({ hex, name }, position) => {
      const lab = toOklab(fromHex(hex))
      const [lightness, a, b] = scaled(lab)
      return { card_number: cardNumber, position, account_id: accountId, hex, name, hue: hueOf(lab), lightness, a, b }
    })
    if (rows.length > 0) await db.insertInto('card_colors').values(rows).execute()
  },

  /** The colours of each card that has some, in their order, by card number. */
  async of(accountId: string, cardNumbers: readonly number[]): Promise<Map<number, PaletteColor[]>> {
    if (cardNumbers.length === 0) return new Map()
    const rows = await db
      .selectFrom('card_colors')
      .select(['card_number', 'hex', 'name'])
      .where(isOwn(accountId))
      .where('card_number', 'in', [...cardNumbers])
      .orderBy('card_number')
      .orderBy('position')
      .execute()
    return Map.groupBy(rows, ({ card_number }) => card_number) as Map<number, PaletteColor[]>
  },
})

/**
 * A subquery of the cards with a colour near the one given, by distance in OKLab, or of the hue if one is named.
 *
 * @param hex Six digits after a `#`.
 */
export const cardsNear = (accountId: string, hex: string, hue: Hue | undefined): RawBuilder<number> => {
  const [lightness, a, b] = scaled(toOklab(fromHex(hex)))
  const most = NEAR * SCALE
  const near = sql`select card_number from card_colors where account_id = ${accountId}
    and lightness between ${lightness - most} and ${lightness + most}
    and a between ${a - most} and ${a + most} and b between ${b - most} and ${b + most}
    and (lightness - ${lightness}) * (lightness - ${lightness}) + (a - ${a}) * (a - ${a}) + (b - ${b}) * (b - ${b})
      <= ${most * most}`
  if (hue === undefined) return sql<number>`(${near})`
  return sql<number>`(${near} union select card_number from card_colors where account_id = ${accountId} and hue = ${hue})`
}

const scaled = ([lightness, a, b]: Oklab): [number, number, number] => [
  Math.round(lightness * SCALE),
  Math.round(a * SCALE),
  Math.round(b * SCALE),
]
