import { useQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useReducer, useState } from 'react'
import { readLog } from '../../../../src/bots/log/contract.ts'
import { api, queries } from '../../api.ts'
import { runsQuery } from '../queries.ts'
import { emptyLog, type LogEvent, nextLog } from './log-state.ts'

const EVENTS = ['begin', 'call', 'run', 'gap'] as const
const LOOK_AFTER_MS = 1_000

/** The server prints events through the same types; a newer one may know more. */
const parse = (event: (typeof EVENTS)[number], data: unknown): LogEvent | undefined => {
  try {
    return { event, data: JSON.parse(String(data)) } as LogEvent
  } catch {
    return undefined
  }
}

/** What a bot does, as it happens; begins with what it did before. @param onRun Called when something has ended. */
export const useLog = (botid: string, onRun: () => void) => {
  const before = useQuery(runsQuery(botid))
  const [state, tell] = useReducer(nextLog, emptyLog([]))
  const [isBroken, setBroken] = useState(false)
  const ended = useEffectEvent(onRun)
  const runs = before.data

  useEffect(() => {
    if (runs === undefined) return
    for (const data of runs.toReversed()) tell({ event: 'run', data })
    const query = runs[0] === undefined ? {} : { after: runs[0].id }
    const stream = new EventSource(api.url(readLog, { params: { botid }, query }))
    let timer: ReturnType<typeof setTimeout> | undefined
    stream.addEventListener('open', () => setBroken(false))
    stream.addEventListener('error', () => setBroken(true))
    for (const event of EVENTS)
      stream.addEventListener(event, ({ data }) => {
        const told = parse(event, data)
        if (told === undefined) return
        tell(told)
        if (event !== 'run') return
        ended()
        clearTimeout(timer)
        timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ['bots', 'errors', botid] }), LOOK_AFTER_MS)
      })
    return () => {
      clearTimeout(timer)
      stream.close()
    }
  }, [botid, runs])

  return { ...state, before, isBroken, clear: () => tell({ event: 'clear' }) }
}

export type Log = ReturnType<typeof useLog>
