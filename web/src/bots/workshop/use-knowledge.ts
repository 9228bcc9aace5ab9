import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { EditorLink } from '../editor/session.ts'
import { type Word, wordsOf } from '../editor/words.ts'
import { type BotCommand, languageQuery, settingsQuery } from '../queries.ts'

/** What the editor checks and completes by: the language, the commands, the settings. */
export const useKnowledge = (
  botid: string,
  commands: readonly BotCommand[],
): Pick<EditorLink, 'facts' | 'words' | 'language'> => {
  const language = useQuery(languageQuery).data
  const settings = useQuery(settingsQuery(botid)).data
  // Some hundreds of words; made once, when the language is there.
  const [made, setMade] = useState<{ of: typeof language; words: readonly Word[]; modules?: ReadonlySet<string> }>()
  if (language !== undefined && made?.of !== language)
    setMade({ of: language, words: wordsOf(language), modules: new Set(language.modules) })
  return {
    language,
    words: made?.words ?? [],
    facts: {
      commands: new Set(commands.flatMap(({ command, aliases }) => [command, ...aliases])),
      modules: made?.modules,
      parseMode: settings?.default_parse_mode ?? null,
    },
  }
}
