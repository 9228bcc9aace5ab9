import { formatBytes, formatDate } from '../../texts.ts'
import type { ShownCard } from '../card.ts'
import { sheetTexts } from './texts.ts'

const MOST_TEXT = 20_000

/** What the server knows of a card, and what its page or file says. */
export const CardFacts = ({ card }: { readonly card: ShownCard }) => {
  const t = sheetTexts.use()
  const { reading, preview, filePreview } = card
  const isImage = card.type === 'image' && preview.w !== null
  const facts: [string, string | null | undefined][] = [
    [t.created, atMoment(card.createdAt)],
    [t.updated, card.updatedAt === card.createdAt ? null : atMoment(card.updatedAt)],
    [t.file, card.fileName],
    [t.size, card.fileSize === null ? null : formatBytes(card.fileSize)],
    [t.dimensions, isImage ? `${preview.w} × ${preview.h}` : null],
    [t.slides, filePreview?.slideCount === undefined ? null : String(filePreview.slideCount)],
    [t.site, reading?.siteName],
    [t.author, reading?.author],
    [t.published, reading?.publishedAt == null ? null : atMoment(reading.publishedAt)],
  ]
  return (
    <>
      <section className="sheet-field">
        <h3>{t.details}</h3>
        <dl className="sheet-facts">
          {facts.map(([name, value]) =>
            value == null || value === '' ? null : (
              <div key={name}>
                <dt>{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ),
          )}
        </dl>
      </section>
      <LongText title={t.transcript} text={card.aiTranscript} />
      <LongText title={t.readText} text={reading?.text} />
    </>
  )
}

const atMoment = (ms: number): string => formatDate(new Date(ms).toISOString())

const LongText = ({ title, text }: { readonly title: string; readonly text: string | null | undefined }) =>
  text == null || text.trim() === '' ? null : (
    <details className="sheet-said">
      <summary>{title}</summary>
      <p className="sheet-text" data-look="reading" dir="auto">
        {text.slice(0, MOST_TEXT)}
        {text.length > MOST_TEXT && ' …'}
      </p>
    </details>
  )
