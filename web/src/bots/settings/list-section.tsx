import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Button, type Tone } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Failed } from '../states.tsx'
import { attempt } from '../undo.ts'

interface ItemAction {
  readonly name: string
  readonly tone?: Tone
  /** What is asked before it is done. */
  readonly question: string
  readonly run: () => Promise<unknown>
}

export interface ListItem {
  readonly id: string
  readonly title: ReactNode
  readonly note: string
  readonly actions: readonly ItemAction[]
}

/** A part of the settings that is a list, with a form for one more of it. What is done to an item is asked about first. */
export const ListSection = ({
  title,
  about,
  none,
  items,
  list,
  children,
}: {
  readonly title: string
  readonly about: string
  readonly none: string
  /** undefined while they are on their way. */
  readonly items: readonly ListItem[] | undefined
  /** Where they come from. */
  readonly list: Pick<UseQueryResult, 'isError' | 'error' | 'refetch'>
  readonly children: ReactNode
}) => {
  const [asked, setAsked] = useState<ItemAction>()
  return (
    <section className="bots-section">
      <h2>{title}</h2>
      <p className="bots-muted">{about}</p>
      {items === undefined && list.isError && <Failed error={list.error} retry={list.refetch} />}
      {items?.length === 0 && <p className="bots-muted">{none}</p>}
      <ul className="bots-list">
        {items?.map(({ id, title: name, note, actions }) => (
          <li key={id} className="bots-item">
            <div className="bots-item-text">
              {name}
              <span className="bots-muted">{note}</span>
            </div>
            {actions.map((action) => (
              <Button key={action.name} tone={action.tone ?? 'plain'} onPress={() => setAsked(action)}>
                {action.name}
              </Button>
            ))}
          </li>
        ))}
      </ul>
      {children}
      {asked !== undefined && (
        <Confirm
          title={asked.name}
          text={asked.question}
          action={asked.name}
          isOpen
          onClose={() => setAsked(undefined)}
          onConfirm={() => void attempt(asked.run)}
        />
      )}
    </section>
  )
}
