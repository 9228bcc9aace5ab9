import { catalogue, plural } from '../../texts.ts'

export const trashTexts = catalogue({
  en: {
    empty: 'The trash is empty',
    emptyText: 'What you delete waits here for some time, and can be taken back.',
    failed: 'The trash could not be listed.',
    again: 'Try again',
    restore: 'Restore',
    restored: (n: number) => plural('en', n, { one: '# item restored.', other: '# items restored.' }),
    purge: 'Delete for good',
    purgeTitle: 'Delete for good?',
    purgeText: (n: number) =>
      plural('en', n, {
        one: 'Nothing brings this item back afterwards.',
        other: 'Nothing brings these # items back afterwards.',
      }),
    purged: (n: number) => plural('en', n, { one: '# file deleted for good.', other: '# files deleted for good.' }),
    emptyTrash: 'Empty the trash',
    emptyTitle: 'Empty the trash?',
    emptyAllText: 'Everything in it is deleted for good, also what is not shown here.',
    name: 'Name',
    size: 'Size',
    deleted: 'Deleted',
    goes: 'Goes for good',
    selectAll: 'Select all',
    inside: (n: number) => plural('en', n, { one: '# file', other: '# files' }),
    more: 'Show more',
  },
  ru: {
    empty: 'Корзина пуста',
    emptyText: 'Удалённое какое-то время ждёт здесь, и его можно вернуть.',
    failed: 'Не удалось показать корзину.',
    again: 'Повторить',
    restore: 'Восстановить',
    restored: (n: number) =>
      plural('ru', n, {
        one: 'Восстановлен # объект.',
        few: 'Восстановлено # объекта.',
        other: 'Восстановлено # объектов.',
      }),
    purge: 'Удалить навсегда',
    purgeTitle: 'Удалить навсегда?',
    purgeText: (n: number) =>
      plural('ru', n, {
        one: 'Вернуть # объект будет нельзя.',
        few: 'Вернуть # объекта будет нельзя.',
        other: 'Вернуть # объектов будет нельзя.',
      }),
    purged: (n: number) =>
      plural('ru', n, {
        one: 'Удалён навсегда # файл.',
        few: 'Удалено навсегда # файла.',
        other: 'Удалено навсегда # файлов.',
      }),
    emptyTrash: 'Очистить корзину',
    emptyTitle: 'Очистить корзину?',
    emptyAllText: 'Всё, что в ней лежит, удалится навсегда, и то, что здесь не показано.',
    name: 'Имя',
    size: 'Размер',
    deleted: 'Удалён',
    goes: 'Исчезнет',
    selectAll: 'Выбрать все',
    inside: (n: number) => plural('ru', n, { one: '# файл', few: '# файла', other: '# файлов' }),
    more: 'Показать ещё',
  },
})
