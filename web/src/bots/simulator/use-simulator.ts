import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  listChats,
  listMessages,
  listPeople,
  type Person,
  type Played,
  pressButton,
  replayRun,
  resetSimulator,
  sendMessage,
} from '../../../../src/bots/simulator/contract.ts'
import { api, queries } from '../../api.ts'
import { say, sayProblem } from '../../ui/toast.tsx'
import { chatOf, personOf } from './messages.ts'
import { simulatorTexts } from './texts.ts'

type Messages = Played['messages']
export type Content = Omit<NonNullable<Parameters<typeof sendBody>[0]>, 'user' | 'chat'>

const sendBody = (body: Parameters<typeof api.call<typeof sendMessage>>[1]['body']) => body

/** Who plays unless somebody else is chosen: the one that the server takes by itself. */
const ADA: Person = { id: 1_000_001, first_name: 'Ada', username: 'ada' }
const FIRST_OTHER_ID = 1_000_002
const GROUP_ID = -1_001_000_001

const messagesQuery = (botid: string, chatId: number) =>
  queryOptions({
    queryKey: ['simulator', botid, 'messages', chatId],
    queryFn: async ({ signal }): Promise<Messages> => {
      const query = { chat_id: String(chatId) }
      return (await api.call(listMessages, { params: { botid }, query, signal })).result.messages
    },
    // Broadcasts and timers write into chats that nobody looks at.
    staleTime: 0,
  })

const peopleQuery = (botid: string) =>
  queryOptions({
    queryKey: ['simulator', botid, 'people'],
    queryFn: async ({ signal }) =>
      (await api.call(listPeople, { params: { botid }, signal })).result.users.map(personOf),
  })

const chatsQuery = (botid: string) =>
  queryOptions({
    queryKey: ['simulator', botid, 'chats'],
    queryFn: async ({ signal }) =>
      (await api.call(listChats, { params: { botid }, signal })).result.chats.map(({ chat }) => chatOf(chat)),
  })

/** Something happened that was not begun here: the chats are looked at again. */
export const refreshSimulator = (botid: string) => queries.invalidateQueries({ queryKey: ['simulator', botid] })

const answerText = (answer: unknown): string => {
  const text: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'text') : undefined
  return typeof text === 'string' ? text : ''
}

/** The chat of one person with a simulated bot, and what that person can do in it. */
export const useSimulator = (botid: string, isOn: boolean) => {
  const [person, setPerson] = useState<Person>(ADA)
  const [groupId, setGroupId] = useState<number>()
  const [busy, setBusy] = useState(0)
  const chatId = groupId ?? person.id
  const messages = useQuery({ ...messagesQuery(botid, chatId), enabled: isOn })
  const people = useQuery({ ...peopleQuery(botid), enabled: isOn }).data ?? []
  const chats = useQuery({ ...chatsQuery(botid), enabled: isOn }).data ?? []
  const others = people.filter(({ id, isBot }) => !isBot && id !== ADA.id)

  const play = async (work: () => Promise<{ result: Played }>, isMine = true): Promise<void> => {
    const t = simulatorTexts.now()
    setBusy((n) => n + 1)
    try {
      const { result } = await work()
      if (isMine) queries.setQueryData(messagesQuery(botid, chatId).queryKey, result.messages)
      const answer = answerText(result.answer)
      if (answer !== '') say(t.answered(answer))
      else if (!result.done) say(t.slow)
      void refreshSimulator(botid)
    } catch (error) {
      sayProblem(error)
    } finally {
      setBusy((n) => n - 1)
    }
  }

  const place = groupId === undefined ? {} : { chat: { id: groupId, type: 'supergroup' as const, title: 'Group' } }
  return {
    messages,
    person,
    chatId,
    groupId,
    people: [{ id: ADA.id, name: ADA.first_name }, ...others],
    groups: chats.filter(({ type }) => type === 'group' || type === 'supergroup'),
    isBusy: busy > 0,
    become(id: number): void {
      const known = others.find((each) => each.id === id)
      setPerson(known === undefined ? ADA : { id, first_name: known.name })
    },
    add(firstName: string): void {
      setPerson({ id: Math.max(FIRST_OTHER_ID, ...others.map(({ id }) => id + 1)), first_name: firstName })
    },
    enter: (id: number | undefined): void => setGroupId(id),
    enterNewGroup: (): void => setGroupId(GROUP_ID - chats.filter(({ type }) => type === 'supergroup').length),
    send: (content: Content): Promise<void> =>
      play(() => api.call(sendMessage, { params: { botid }, body: { ...content, user: person, ...place } })),
    press: (messageId: number, data: string): Promise<void> =>
      play(() =>
        api.call(pressButton, {
          params: { botid },
          body: { data, message_id: messageId, chat_id: chatId, user: person },
        }),
      ),
    replay: (runId: string): Promise<void> =>
      play(() => api.call(replayRun, { params: { botid }, body: { run_id: runId } }), false),
    async reset(): Promise<void> {
      try {
        await api.call(resetSimulator, { params: { botid } })
      } catch (error) {
        sayProblem(error)
      }
      setGroupId(undefined)
      await refreshSimulator(botid)
    },
  }
}

export type Simulator = ReturnType<typeof useSimulator>
