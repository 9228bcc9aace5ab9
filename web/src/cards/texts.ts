import { catalogue } from '../texts.ts'
import type { CardType } from './card.ts'
import { en, ru } from './counted.ts'

const EN_TYPES: Readonly<Record<CardType, string>> = {
  ...{ text: 'Text', link: 'Link', image: 'Image', video: 'Video', audio: 'Audio' },
  ...{ document: 'Document', palette: 'Palette', quote: 'Quote' },
}
const RU_TYPES: Readonly<Record<CardType, string>> = {
  ...{ text: 'Текст', link: 'Ссылка', image: 'Изображение', video: 'Видео', audio: 'Аудио' },
  ...{ document: 'Документ', palette: 'Палитра', quote: 'Цитата' },
}

export const cardsTexts = catalogue({
  en: {
    cards: 'Cards',
    tags: 'Tags',
    trash: 'Trash',
    transfer: 'Import and export',
    pages: 'Pages of cards',
    types: (type: CardType) => EN_TYPES[type],
    reading: 'Still reading',
    unreadable: 'not readable',
    readingPage: 'The server is still reading this.',
    selects: (title: string) => `Select ${title}`,
    favorite: 'Add to favourites',
    isFavorite: 'Favourite',
    unfavorite: 'Take out of favourites',
    more: 'More',
    open: 'Open',
    openLink: 'Open the link',
    copyLink: 'Copy the link',
    copyText: 'Copy the text',
    copied: 'Copied.',
    select: 'Select',
    remove: 'Move to the trash',
    trashed: (n: number) => en(n, 'The card is in the trash.', '# cards are in the trash.'),
    tagged: (n: number) => en(n, 'The tags of the card have changed.', 'The tags of # cards have changed.'),
    view: 'View',
    masonry: 'Masonry',
    list: 'List',
    compact: 'Compact',
    sort: 'Order',
    relevance: 'Best first',
    newest: 'Newest first',
    oldest: 'Oldest first',
    again: 'Try again',
    loading: 'Loading cards',
    emptyTitle: 'Nothing here yet',
    emptyText:
      'Write a note above, paste a link, or drop a file anywhere on this page. Everything can be found again by any word in it.',
    sample: 'Save a sample',
    sampleText:
      'Cards are found by any word in them. Try a search: type:text, tag:sample, is:favorite, "two words", -without.',
    nothingFound: 'Nothing matches',
    nothingFoundText: 'Try fewer words, or take a filter away.',
    clear: 'Clear the search',
    found: (n: number, exact: boolean) => en(n, '# card', '# cards') + (exact ? '' : ' or more'),
    firstOf: (shown: number) => en(shown, 'The best one is shown.', 'The best # are shown.'),
    showAll: 'Show all, newest first',
    instead: (word: string, other: string) => `No card has “${word}”. Shown is “${other}”.`,
  },
  ru: {
    cards: 'Карточки',
    tags: 'Теги',
    trash: 'Корзина',
    transfer: 'Импорт и экспорт',
    pages: 'Страницы карточек',
    types: (type: CardType) => RU_TYPES[type],
    reading: 'Читается',
    unreadable: 'не читается',
    readingPage: 'Сервер ещё читает это.',
    selects: (title: string) => `Выбрать: ${title}`,
    favorite: 'В избранное',
    isFavorite: 'Избранное',
    unfavorite: 'Убрать из избранного',
    more: 'Ещё',
    open: 'Открыть',
    openLink: 'Перейти по ссылке',
    copyLink: 'Копировать ссылку',
    copyText: 'Копировать текст',
    copied: 'Скопировано.',
    select: 'Выбрать',
    remove: 'В корзину',
    trashed: (n: number) =>
      n === 1
        ? 'Карточка в корзине.'
        : ru(n, '# карточка в корзине.', '# карточки в корзине.', '# карточек в корзине.'),
    tagged: (n: number) =>
      n === 1
        ? 'Теги карточки изменены.'
        : ru(n, 'Теги изменены у # карточки.', 'Теги изменены у # карточек.', 'Теги изменены у # карточек.'),
    view: 'Вид',
    masonry: 'Плитка',
    list: 'Список',
    compact: 'Компактно',
    sort: 'Порядок',
    relevance: 'Сначала лучшие',
    newest: 'Сначала новые',
    oldest: 'Сначала старые',
    again: 'Повторить',
    loading: 'Карточки загружаются',
    emptyTitle: 'Пока ничего нет',
    emptyText:
      'Напишите заметку выше, вставьте ссылку или перетащите файл в любое место страницы. Всё найдётся по любому слову.',
    sample: 'Сохранить пример',
    sampleText:
      'Карточки находятся по любому слову в них. Попробуйте поиск: type:text, tag:пример, is:favorite, "два слова", -исключить.',
    nothingFound: 'Ничего не найдено',
    nothingFoundText: 'Уберите слово или фильтр.',
    clear: 'Очистить поиск',
    found: (n: number, exact: boolean) =>
      ru(n, '# карточка', '# карточки', '# карточек') + (exact ? '' : ' или больше'),
    firstOf: (shown: number) =>
      ru(shown, 'Показана лучшая # карточка.', 'Показаны лучшие # карточки.', 'Показаны лучшие # карточек.'),
    showAll: 'Показать все, сначала новые',
    instead: (word: string, other: string) => `Слова «${word}» нет ни в одной карточке. Показано «${other}».`,
  },
})
