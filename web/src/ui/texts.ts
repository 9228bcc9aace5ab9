import { catalogue } from '../texts.ts'

export const uiTexts = catalogue({
  en: {
    close: 'Close',
    cancel: 'Cancel',
    undo: 'Undo',
    nothingToUndo: 'There is nothing to undo.',
    messages: 'Messages',
    copy: 'Copy',
    copied: 'Copied',
    time: 'Time',
    asTable: 'Show as a table',
    asPlot: 'Show as a plot',
    saveCsv: 'Save as CSV',
  },
  ru: {
    close: 'Закрыть',
    cancel: 'Отмена',
    undo: 'Отменить',
    nothingToUndo: 'Отменять нечего.',
    messages: 'Сообщения',
    copy: 'Копировать',
    copied: 'Скопировано',
    time: 'Время',
    asTable: 'Показать таблицей',
    asPlot: 'Показать графиком',
    saveCsv: 'Сохранить как CSV',
  },
})
