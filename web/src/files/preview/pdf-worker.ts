import { build } from 'unpdf/pdfjs'

// Reads PDF files beside the page, so that a large or hostile one keeps nobody from closing it. The library listens for
// work as soon as it is loaded in a worker; it is named here because a bundler leaves out what nobody uses.
Reflect.set(globalThis, 'pdfBuild', build)
