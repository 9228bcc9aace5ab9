import { catalogue } from '../../texts.ts'
import type { Problem } from './lint.ts'

export const editorTexts = catalogue({
  en: {
    return: 'return works only in a function. To end a command here, write: raise ReturnCommand',
    import: (name: string) => `${name} cannot be imported in commands.`,
    command: (name: string) => `This bot has no command ${name}.`,
    html: (tag: string) => `${tag} has no counterpart. Telegram refuses a message whose HTML is not closed.`,
    syntax: 'Python cannot read this.',
    code: 'Code',
  },
  ru: {
    return: 'return работает только в функции. Чтобы закончить команду здесь, напишите: raise ReturnCommand',
    import: (name: string) => `${name} нельзя импортировать в командах.`,
    command: (name: string) => `У этого бота нет команды ${name}.`,
    html: (tag: string) => `У ${tag} нет пары. Telegram не примет сообщение с незакрытым HTML.`,
    syntax: 'Python не может это прочитать.',
    code: 'Код',
  },
})

export const problemText = ({ kind, subject }: Problem): string => {
  const t = editorTexts.now()
  return kind === 'return' || kind === 'syntax' ? t[kind] : t[kind](subject)
}

/** The words of the editor's own panels, by what they are in English. */
export const RUSSIAN_PHRASES: Readonly<Record<string, string>> = {
  Find: 'Найти',
  Replace: 'Заменить на',
  next: 'дальше',
  previous: 'назад',
  all: 'все',
  'match case': 'регистр',
  regexp: 'regexp',
  'by word': 'слово целиком',
  replace: 'заменить',
  'replace all': 'заменить все',
  close: 'закрыть',
  'current match': 'текущее совпадение',
  'on line': 'в строке',
  'replaced match on line $': 'заменено в строке $',
  'replaced $ matches': 'заменено: $',
  'Go to line': 'К строке',
  go: 'перейти',
  Completions: 'Подсказки',
  Diagnostics: 'Замечания',
  'No diagnostics': 'Замечаний нет',
  'Folded lines': 'Свёрнутые строки',
  'Unfolded lines': 'Развёрнутые строки',
  'folded code': 'свёрнутый код',
  unfold: 'развернуть',
  'Fold line': 'Свернуть',
  'Unfold line': 'Развернуть',
}
