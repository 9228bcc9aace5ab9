import { useLocale } from '../../texts.ts'
import { keyTexts } from './texts.ts'

const HEIGHT = 20
const STEP = 5
const BAR = 3

/** How often a key was used lately, as a row of bars as high as a line of text; the sheet of the key has the figures. */
export const Spark = ({ requests }: { readonly requests: readonly number[] }) => {
  const t = keyTexts.use()
  const language = useLocale()
  const most = Math.max(1, ...requests)
  const total = requests.reduce((sum, count) => sum + count, 0).toLocaleString(language)
  return (
    <span className="spark" title={t.callsLately(total)}>
      <span className="visually-hidden">{t.callsLately(total)}</span>
      <svg aria-hidden="true" width={requests.length * STEP} height={HEIGHT}>
        {requests.map((count, n) => {
          // A day without calls is a mark on the ground: the days stay countable.
          const height = count === 0 ? 1 : Math.max(3, (count / most) * HEIGHT)
          return (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place.
              key={n}
              data-none={count === 0 || undefined}
              x={n * STEP}
              y={HEIGHT - height}
              width={BAR}
              height={height}
              rx={1}
            />
          )
        })}
      </svg>
    </span>
  )
}
