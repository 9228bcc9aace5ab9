import { catalogue } from '../texts.ts'

export const keyTexts = catalogue({
  en: {
    add: 'Write a card',
    search: 'Search cards',
    next: 'Next card',
    previous: 'Previous card',
    select: 'Select the card',
    edit: 'Open the card to change it',
    favorite: 'Add to favourites, or take out',
    trash: 'Move to the trash',
    undo: 'Undo the last change of cards',
    clear: 'Clear the selection',
  },
  ru: {
    add: 'Написать карточку',
    search: 'Искать карточки',
    next: 'Следующая карточка',
    previous: 'Предыдущая карточка',
    select: 'Выбрать карточку',
    edit: 'Открыть карточку для правки',
    favorite: 'В избранное или из него',
    trash: 'Переместить в корзину',
    undo: 'Отменить последнее изменение карточек',
    clear: 'Снять выбор',
  },
})
