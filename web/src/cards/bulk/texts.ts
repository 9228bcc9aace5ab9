import { catalogue } from '../../texts.ts'
import { en, ru } from '../counted.ts'

export const bulkTexts = catalogue({
  en: {
    bar: 'Selected cards',
    count: (n: number) => en(n, '# selected', '# selected'),
    all: 'Select all that match',
    none: 'Clear the selection',
    tag: 'Tag',
    favorite: 'Favourite',
    unfavorite: 'Not favourite',
    remove: 'To the trash',
    tagTitle: (n: number) => en(n, 'Tags of # card', 'Tags of # cards'),
    add: 'Add',
    take: 'Take away',
    hint: 'Several with commas between them.',
    apply: 'Apply',
  },
  ru: {
    bar: 'Выбранные карточки',
    count: (n: number) => ru(n, 'Выбрана #', 'Выбрано #', 'Выбрано #'),
    all: 'Выбрать все найденные',
    none: 'Снять выбор',
    tag: 'Теги',
    favorite: 'В избранное',
    unfavorite: 'Из избранного',
    remove: 'В корзину',
    tagTitle: (n: number) => ru(n, 'Теги # карточки', 'Теги # карточек', 'Теги # карточек'),
    add: 'Добавить',
    take: 'Убрать',
    hint: 'Несколько через запятую.',
    apply: 'Применить',
  },
})
