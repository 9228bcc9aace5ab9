import { catalogue } from '../texts.ts'

export const uiTexts = catalogue({
  en: { close: 'Close', cancel: 'Cancel', undo: 'Undo', messages: 'Messages', copy: 'Copy', copied: 'Copied' },
  ru: {
    close: 'Закрыть',
    cancel: 'Отмена',
    undo: 'Отменить',
    messages: 'Сообщения',
    copy: 'Копировать',
    copied: 'Скопировано',
  },
})
