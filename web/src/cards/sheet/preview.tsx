import { Download } from 'lucide-react'
import { formatBytes } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/link.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { type CardItem, ownAddress, paletteText, pictureOf, safeLink, siteOf, titleOf } from '../card.ts'
import { refreshPicture } from '../pictures.ts'
import { cardsTexts } from '../texts.ts'
import { sheetTexts } from './texts.ts'

/** What a card holds, shown as what it is. What strangers wrote is text here, and nothing else. */
export const CardPreview = ({ card }: { readonly card: CardItem }) => {
  switch (card.type) {
    case 'link':
      return <LinkPreview card={card} />
    case 'palette':
      return <PalettePreview card={card} />
    case 'quote':
      return null
    case 'text':
      return null
    default:
      return <FilePreview card={card} />
  }
}

const LinkPreview = ({ card }: { readonly card: CardItem }) => {
  const picture = pictureOf(card)
  const link = safeLink(card.url)
  return (
    <div className="sheet-link">
      {picture !== null && <img src={picture} alt="" onError={() => refreshPicture(card)} />}
      <h3 dir="auto">
        {link === undefined ? (
          titleOf(card)
        ) : (
          <a href={link} target="_blank" rel="noreferrer">
            {titleOf(card)}
          </a>
        )}
      </h3>
      <p className="sheet-muted">{siteOf(card.url)}</p>
      {card.metadataDescription !== null && <p dir="auto">{card.metadataDescription}</p>}
    </div>
  )
}

const PalettePreview = ({ card }: { readonly card: CardItem }) => {
  const t = sheetTexts.use()
  const words = cardsTexts.use()
  const { colors } = card.preview
  const copy = (text: string): void => {
    navigator.clipboard.writeText(text).then(() => say(words.copied), sayProblem)
  }
  if (colors.length === 0) return null
  return (
    <div className="sheet-palette">
      <ul>
        {colors.map(({ hex, name }) => (
          <li key={hex}>
            <button type="button" aria-label={t.copyColor(hex)} onClick={() => copy(hex)}>
              <span style={{ backgroundColor: hex }} />
              <code>{hex}</code>
              {name !== null && <small>{name}</small>}
            </button>
          </li>
        ))}
      </ul>
      <div className="sheet-actions">
        <Button onPress={() => copy(paletteText(colors, 'hex'))}>{t.copyHex}</Button>
        <Button onPress={() => copy(paletteText(colors, 'css'))}>{t.copyCss}</Button>
      </div>
    </div>
  )
}

const FilePreview = ({ card }: { readonly card: CardItem }) => {
  const t = sheetTexts.use()
  const { fileUrl, fileName, fileSize, type } = card
  const address = fileUrl === null ? null : ownAddress(fileUrl)
  const name = fileName ?? titleOf(card)
  const picture = pictureOf(card)
  return (
    <div className="sheet-file">
      {type === 'image' && picture !== null && (
        <a className="sheet-image" href={address ?? picture} target="_blank" rel="noreferrer">
          <img src={picture} alt={name} onError={() => refreshPicture(card)} />
        </a>
      )}
      {type === 'video' && address !== null && (
        // biome-ignore lint/a11y/useMediaCaption: it is whatever somebody has saved, and has no captions.
        <video src={address} controls preload="metadata" aria-label={t.player(name)} />
      )}
      {type === 'audio' && address !== null && (
        // biome-ignore lint/a11y/useMediaCaption: as above.
        <audio src={address} controls preload="metadata" aria-label={t.player(name)} />
      )}
      <div className="sheet-file-name">
        <strong dir="auto">{name}</strong>
        {fileSize !== null && <span className="sheet-muted">{formatBytes(fileSize)}</span>}
        {address !== null && (
          <ButtonLink href={`${address}&download=1`} download={name}>
            <Download aria-hidden size={16} />
            {t.download}
          </ButtonLink>
        )}
      </div>
    </div>
  )
}
