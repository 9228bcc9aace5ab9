import { documentParser } from '../../src/cards/processing/parser/process.ts'
import { pdf } from './bombs.ts'

// A server that is killed while its parser is deep in a document, of which it will not come out for a long time.

const operators = Buffer.from('q '.repeat(20_000_000))
const head = Buffer.from(`<< /Length ${operators.length} >>\nstream\n`)

process.send?.('asked')
await documentParser({ documentMs: 600_000 }).document(
  pdf(
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>',
    Buffer.concat([head, operators, Buffer.from('\nendstream')]),
  ),
  'pdf',
  'application/pdf',
)
process.send?.('read')
