export { openTelegramBackend, type TelegramBackend } from '../backends/telegram/telegram.ts'
export { type FoundIndex, findIndex, type IndexPlace } from './restore.ts'
export { driveSnapshots, type Snapshot, type Snapshots } from './snapshots.ts'
