/** Control characters of C0 and C1, what turns the direction of text, and line breaks that are not \n. */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Text as a terminal may get it: what it would obey instead of show is written as `\x1b` or `\u202e`. Text that is of records,
 * such as a key or an error code in a header, can hold anything.
 *
 * @param options `lines`: line breaks and tabs stay, for text of several lines. Default: they are escaped as well
 */
export function printable(text: string, { lines = false }: { readonly lines?: boolean } = {}): string {
  return text.replace(unsafe, (character) =>
    lines && (character === '\n' || character === '\t') ? character : escaped(character.charCodeAt(0)),
  );
}

function escaped(code: number): string {
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
