// As engines have it, and the compiler's library not yet: https://github.com/tc39/proposal-json-parse-with-source
declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
    rawJSON(text: string): unknown
  }
}

// Whole numbers of Python have no end: beyond what a number holds exactly they are bigints here.

/** @throws {SyntaxError} */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, (_name, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '')
      ? BigInt(context.source ?? 0)
      : value,
  )

/** @param indent Spaces; everything in one line unless told. */
export const printJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_name, each) => (typeof each === 'bigint' ? JSON.rawJSON(String(each)) : each), indent)
