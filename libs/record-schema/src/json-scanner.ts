import { isUtf8 } from 'node:buffer';
import { DataError, type DataErrorReason } from './errors.ts';
import { type InstantFault, parseInstant, parseInstantMicros } from './instant.ts';

/** What {@link JsonScanner.peek} gives at the end of the value: smaller than every byte. */
const END = -1;
const TAB = 0x09;
const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const BACKSLASH = 0x5c;

const COMMA = 0x2c;
export const COLON = 0x3a;
export const QUOTE = 0x22;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** Nesting allowed inside an unknown field, which nobody looks at: enough for any API, small for the stack. */
export const MAX_DEPTH = 64;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const fourHexDigits = /^[0-9a-fA-F]{4}$/;

/**
 * Reads JSON tokens (RFC 8259) from one value. It looks at bytes, which is much faster than characters, and
 * cuts strings out of the text, decoded once: `behind` is how far characters are behind bytes up to here.
 */
export class JsonScanner {
  /** The field that is being read, for errors in its strings. */
  field: string | undefined = undefined;
  readonly #bytes: Buffer;
  readonly #text: string;
  #at = 0;
  #behind = 0;

  constructor(value: Uint8Array) {
    const bytes = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (bytes.length === 0) throw new DataError('empty-value');
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new DataError('bom');
    if (!isUtf8(bytes)) throw new DataError('invalid-utf8');
    this.#bytes = bytes;
    this.#text = bytes.toString('utf8');
  }

  fail(reason: DataErrorReason): never {
    throw new DataError(reason, this.field);
  }

  /** Malformed JSON is a fault of the value, whichever field it is met in. */
  malformed(): never {
    throw new DataError('bad-json');
  }

  /** Skips white space and gives the byte after it, without consuming it. */
  peek(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at] ?? END;
    while (byte <= SPACE && (byte === SPACE || byte === NEW_LINE || byte === RETURN || byte === TAB)) {
      byte = bytes[++this.#at] ?? END;
    }
    return byte;
  }

  isAtEnd(): boolean {
    return this.peek() === END;
  }

  /** Consumes the brace or bracket that was peeked. Then: does a member follow, which is peeked? */
  open(close: number): boolean {
    this.#at++;
    if (this.peek() !== close) return true;
    this.#at++;
    return false;
  }

  /** After a member: does another follow? */
  next(close: number): boolean {
    if (this.peek() !== COMMA) {
      this.expect(close);
      return false;
    }
    this.#at++;
    this.peek();
    return true;
  }

  expect(byte: number): void {
    if (this.peek() !== byte) this.malformed();
    this.#at++;
  }

  /** Consumes a token of ASCII bytes, if it comes next. */
  take(token: Uint8Array): boolean {
    const bytes = this.#bytes;
    const from = this.#at;
    for (let index = 0; index < token.length; index++) {
      if (bytes[from + index] !== token[index]) return false;
    }
    this.#at = from + token.length;
    return true;
  }

  expectWord(word: Uint8Array): void {
    if (!this.take(word)) this.malformed();
  }

  readKey(): string {
    return this.peek() === QUOTE ? this.readString() : this.malformed();
  }

  /** Reads the string whose opening quote was peeked. */
  readString(): string {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    const from = at - this.#behind;
    let behind = this.#behind;
    for (;;) {
      const byte = bytes[at] ?? END;
      if (byte === QUOTE) break;
      if (byte < SPACE) return this.#refuseInString(byte);
      if (byte === BACKSLASH) {
        this.#behind = behind;
        this.#at = at;
        return this.#readEscaped(from);
      }
      // Two bytes make one character, three make one, four make a pair of surrogates.
      if (byte >= 0xc0) behind += byte >= 0xe0 ? 2 : 1;
      at++;
    }
    this.#at = at + 1;
    this.#behind = behind;
    return this.#text.slice(from, at - behind);
  }

  /** Reads the string whose opening quote was peeked as a date or date-time. */
  readInstant(): number | InstantFault {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    let to = from;
    for (let byte = bytes[to] ?? END; isPlain(byte); byte = bytes[++to] ?? END);
    if (bytes[to] !== QUOTE) return parseInstant(Buffer.from(this.readString()));
    this.#at = to + 1;
    return parseInstant(bytes, from, to);
  }

  /** As {@link readInstant}, in microseconds. */
  readInstantMicros(): bigint | InstantFault {
    return parseInstantMicros(Buffer.from(this.readString()));
  }

  /** Goes on with a string at its first escape. */
  #readEscaped(from: number): string {
    const text = this.#text;
    let at = this.#at - this.#behind;
    let string = text.slice(from, at);
    let plainFrom = at;
    for (;;) {
      const code = at < text.length ? text.charCodeAt(at) : END;
      if (code === QUOTE) break;
      if (code < SPACE) return this.#refuseInString(code);
      if (code !== BACKSLASH) {
        at++;
        continue;
      }
      string += text.slice(plainFrom, at);
      const escaped = text[at + 1];
      if (escaped === 'u') {
        const hex = text.slice(at + 2, at + 6);
        if (!fourHexDigits.test(hex)) this.malformed();
        string += String.fromCharCode(Number.parseInt(hex, 16));
        at += 6;
      } else {
        const character = escaped === undefined ? undefined : escapes[escaped];
        if (character === undefined) this.malformed();
        string += character;
        at += 2;
      }
      plainFrom = at;
    }
    string += text.slice(plainFrom, at);
    // Only an escape can make one: the bytes are valid UTF-8.
    if (!string.isWellFormed()) this.fail('lone-surrogate');
    this.#moveToCharacter(at + 1);
    return string;
  }

  #refuseInString(code: number): never {
    return code === END ? this.malformed() : this.fail('control-character');
  }

  /** Moves on to the character of the text that follows a closing quote. */
  #moveToCharacter(character: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let behind = this.#behind;
    while (at - behind < character) {
      const byte = bytes[at] ?? END;
      if (byte >= 0xc0) behind += byte >= 0xe0 ? 2 : 1;
      at++;
    }
    this.#at = at;
    this.#behind = behind;
  }

  /** Reads the number that begins at the byte that was peeked, and gives its source text. */
  readNumber(): string {
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    if (bytes[at] === MINUS) at++;
    if (bytes[at] === ZERO) at++;
    else at = this.#endOfDigits(at);
    if (bytes[at] === DOT) at = this.#endOfDigits(at + 1);
    if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
      at++;
      if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
      at = this.#endOfDigits(at);
    }
    this.#at = at;
    return this.#text.slice(from - this.#behind, at - this.#behind);
  }

  /** At least one digit must be there. */
  #endOfDigits(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (isDigit(bytes[at] ?? END)) at++;
    return at > from ? at : this.malformed();
  }

  /** Reads over a value of any kind, as strictly as over one that is kept. */
  skipValue(depth = 0): void {
    const byte = this.peek();
    if (byte === QUOTE) this.readString();
    else if (startsNumber(byte)) this.readNumber();
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#skipNested(byte, depth + 1);
    else if (!this.take(words.true) && !this.take(words.false)) this.expectWord(words.null);
  }

  #skipNested(open: number, depth: number): void {
    if (depth > MAX_DEPTH) this.fail('too-deep');
    const close = open === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
    for (let more = this.open(close); more; more = this.next(close)) {
      if (open === OPEN_BRACE) {
        this.readKey();
        this.expect(COLON);
      }
      this.skipValue(depth);
    }
  }
}

export const words = {
  true: Buffer.from('true'),
  false: Buffer.from('false'),
  null: Buffer.from('null'),
};

export function startsNumber(byte: number): boolean {
  return byte === MINUS || isDigit(byte);
}

/** A character of a string that stands for itself, in one byte. */
function isPlain(byte: number): boolean {
  return byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
