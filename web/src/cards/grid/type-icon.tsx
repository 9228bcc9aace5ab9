import { AudioLines, FileText, Image, Link2, type LucideIcon, Palette, Quote, StickyNote, Video } from 'lucide-react'
import type { CardType } from '../card.ts'

const ICONS: Readonly<Record<CardType, LucideIcon>> = {
  text: StickyNote,
  link: Link2,
  image: Image,
  video: Video,
  audio: AudioLines,
  document: FileText,
  palette: Palette,
  quote: Quote,
}

/** The glyph of a type; its name stands beside it, or is read aloud. */
export const TypeIcon = ({ type, size = 16 }: { readonly type: CardType; readonly size?: number }) => {
  const Icon = ICONS[type]
  return <Icon aria-hidden size={size} strokeWidth={1.75} className="type-icon" />
}
