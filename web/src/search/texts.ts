import { catalogue, plural } from '../texts.ts'

export const searchTexts = catalogue({
  en: {
    title: 'Search',
    label: 'Search files, bots and cards',
    placeholder: 'Words, or type:link tag:recipes -without',
    hint: 'Cards are searched by everything in them, files and bots by their names.',
    nothing: 'Nothing has all of these words.',
    nothingText: 'Try fewer or other words. The last word may be the beginning of one.',
    start: 'Find anything',
    bots: 'Bots',
    files: 'Files',
    cards: 'Cards',
    all: (n: number) => plural('en', n, { one: 'Show it there', other: 'Show all #' }),
    insteadOf: (word: string, instead: string) => `Nothing has “${word}”. Shown for: ${instead}.`,
    found: (n: number) => plural('en', n, { one: '# result', other: '# results' }),
  },
  ru: {
    title: 'Поиск',
    label: 'Искать файлы, ботов и карточки',
    placeholder: 'Слова или type:link tag:рецепты -кроме',
    hint: 'Карточки ищутся по всему содержимому, файлы и боты — по названиям.',
    nothing: 'Ничего с такими словами нет.',
    nothingText: 'Попробуйте меньше слов или другие. Последнее слово можно не дописывать.',
    start: 'Найти что угодно',
    bots: 'Боты',
    files: 'Файлы',
    cards: 'Карточки',
    all: (n: number) => plural('ru', n, { one: 'Показать там', few: 'Показать все #', other: 'Показать все #' }),
    insteadOf: (word: string, instead: string) => `«${word}» нигде нет. Показано для: ${instead}.`,
    found: (n: number) => plural('ru', n, { one: '# результат', few: '# результата', other: '# результатов' }),
  },
})
