import type { ReactNode } from 'react'
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components'

export interface TabEntry {
  readonly id: string
  readonly name: string
  readonly content: ReactNode
}

export const Tabs = ({
  label,
  entries,
  selected,
  onSelect,
}: {
  readonly label: string
  readonly entries: readonly TabEntry[]
  readonly selected?: string
  readonly onSelect?: (id: string) => void
}) => (
  <AriaTabs
    className="tabs"
    {...(selected === undefined ? {} : { selectedKey: selected })}
    {...(onSelect === undefined ? {} : { onSelectionChange: (key) => onSelect(String(key)) })}
  >
    <TabList className="tab-list" aria-label={label}>
      {entries.map(({ id, name }) => (
        <Tab key={id} id={id} className="tab">
          {name}
        </Tab>
      ))}
    </TabList>
    {entries.map(({ id, content }) => (
      <TabPanel key={id} id={id}>
        {content}
      </TabPanel>
    ))}
  </AriaTabs>
)
