import type { ReactNode } from 'react'
import { Scroll } from './scroll.tsx'

type Column = string | { readonly wideOnly: string }

/** Rows under the names of their columns. One without a name is `''`, one that narrow windows leave out `wideOnly`. */
export const Table = ({
  label,
  columns,
  children,
}: {
  readonly label: string
  readonly columns: readonly Column[]
  readonly children: ReactNode
}) => (
  <Scroll label={label}>
    <table className="table">
      <thead>
        <tr>{columns.map(head)}</tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </Scroll>
)

const head = (column: Column): ReactNode => {
  if (column === '') return <td key="unnamed" />
  const name = typeof column === 'string' ? column : column.wideOnly
  return (
    <th key={name} scope="col" className={typeof column === 'string' ? undefined : 'wide-only'}>
      {name}
    </th>
  )
}
