import { enqueueTree, type TreeFile } from './index.ts'

const readAll = async (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> => {
  const all: FileSystemEntry[] = []
  // A browser gives at most a hundred at once, and an empty list at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return all
    all.push(...some)
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory

const walk = async (entry: FileSystemEntry, path: readonly string[]): Promise<TreeFile[]> => {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject))
    return [{ file, path }]
  }
  if (!isDirectory(entry)) return []
  const inside: TreeFile[] = []
  for (const child of await readAll(entry.createReader())) inside.push(...(await walk(child, [...path, entry.name])))
  return inside
}

/** What was dropped or pasted, with the folders it came in. Has to be called while the event is handled. */
export const droppedFiles = (data: DataTransfer): Promise<TreeFile[]> => {
  const items = [...data.items].filter(({ kind }) => kind === 'file')
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null)
  const plain = [...data.files].map((file) => ({ file, path: [] }))
  if (entries.every((entry) => entry === null)) return Promise.resolve(plain)
  const trees = entries.flatMap((entry) => (entry === null ? [] : [walk(entry, [])]))
  return Promise.all(trees).then((all) => all.flat())
}

export const enqueueDropped = async (data: DataTransfer, folder: string | null, team?: string): Promise<void> =>
  enqueueTree(await droppedFiles(data), folder, team)
