/** Stands for what is masked. */
export const mask = '•••';

const indents = Array.from({ length: 100 }, (_, depth) => `\n${'  '.repeat(depth)}`);

export interface TextOptions {
  /** Bytes of UTF-8 after which the text is cut. */
  readonly maxBytes: number;
  /** A value on one line, for being searched: lines and their indentation can be many times the value. */
  readonly compact: boolean;
}

/** Data as JSON text, indented by two, written token by token up to a number of bytes. */
export class ContentText {
  /** Whether something of the text is left out. */
  isCut = false;
  /** Whether something of it is masked. */
  isMasked = false;
  readonly #maxBytes: number;
  readonly #compact: boolean;
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;
  #depth = 0;
  /** Nothing was written since the last opening. */
  #isFresh = true;
  #isAfterKey = false;

  constructor({ maxBytes, compact }: TextOptions) {
    this.#maxBytes = maxBytes;
    this.#compact = compact;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes that can still be written, and one more, so that what is longer is cut. */
  get left(): number {
    return this.#maxBytes - this.#length + 1;
  }

  get text(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  open(bracket: '{' | '['): void {
    this.#separate();
    this.#write(bracket);
    this.#depth += 1;
    this.#isFresh = true;
  }

  close(bracket: '}' | ']'): void {
    this.#depth -= 1;
    if (!this.#isFresh && !this.#compact) this.#write(indents[this.#depth] ?? '\n');
    this.#isFresh = false;
    this.#write(bracket);
  }

  key(name: string): void {
    this.#separate();
    this.#writeString(name);
    this.#write(': ');
    this.#isAfterKey = true;
  }

  /** The name of a field that nobody says is not personal. */
  maskedKey(): void {
    this.isMasked = true;
    this.key(mask);
  }

  string(value: string): void {
    this.#separate();
    this.#writeString(value);
  }

  /** A number, a word, or what else is written as it is. */
  raw(text: string): void {
    this.#separate();
    this.#write(text);
  }

  masked(): void {
    this.isMasked = true;
    this.string(mask);
  }

  #separate(): void {
    if (this.#isAfterKey) {
      this.#isAfterKey = false;
      return;
    }
    if (this.#depth === 0) return;
    if (!this.#isFresh) this.#write(this.#compact ? ', ' : ',');
    this.#isFresh = false;
    if (!this.#compact) this.#write(indents[this.#depth] ?? '\n');
  }

  #writeString(value: string): void {
    const left = this.#maxBytes - this.#length;
    // what would be cut off need not be escaped first
    this.#write(JSON.stringify(value.length > left ? value.slice(0, left) : value));
  }

  #write(text: string): void {
    if (this.isCut) return;
    const left = this.#maxBytes - this.#length;
    const needed = Buffer.byteLength(text);
    this.#reserve(Math.min(left, needed));
    // whole characters alone
    this.#length += this.#bytes.write(text, this.#length, Math.min(left, needed));
    if (needed > left) this.isCut = true;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
