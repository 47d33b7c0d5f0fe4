import { isUtf8 } from 'node:buffer';
import { DataError } from './errors.ts';
import { MAX_DEPTH } from './json-scanner.ts';

const noBytes = Buffer.alloc(0);

/**
 * Reads Avro's binary encoding (Avro 1.12, "Binary Encoding") for the readers that avsc generates of a schema. It takes the
 * place of avsc's own reader of bytes, which runs past the end, puts U+FFFD for what is not UTF-8, takes any byte for
 * a boolean, and follows the sizes of blocks wherever they lead: with this one, no bytes can do so.
 *
 * Its methods have the names that avsc calls. Every one throws {@link DataError} at the first fault.
 */
export class AvroTap {
  #bytes: Buffer = noBytes;
  #end = 0;
  /** The whole value, a character for each byte: one call for all strings, of which most are ASCII. */
  #text: string | undefined;
  #at = 0;
  /** Records, arrays and maps around what is read over. */
  #depth = 0;
  /** The last integer read, as two halves of 32 bits. */
  #low = 0;
  #high = 0;

  /** Begins a value: it ends where the bytes end. */
  begin(bytes: Buffer, from: number): void {
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#text = undefined;
    this.#at = from;
    this.#depth = 0;
  }

  /** Lets go of the value. */
  end(): void {
    this.begin(noBytes, 0);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  get pos(): number {
    return this.#at;
  }

  /** Set by avsc to pass over a block of known size. */
  set pos(pos: number) {
    if (!(pos >= this.#at && pos <= this.#end)) throw new DataError('bad-avro');
    this.#at = pos;
  }

  /** Asked by avsc after a read; a read that ran past the end has thrown before. */
  isValid(): boolean {
    return true;
  }

  /** Begins a record, an array or a map that is read over: one more level. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new DataError('too-deep');
  }

  /** Ends what {@link enter} began. */
  leave(): void {
    this.#depth -= 1;
  }

  readBoolean(): boolean {
    const byte = this.#bytes[this.#take(1)];
    if (byte !== 0 && byte !== 1) throw new DataError('bad-avro');
    return byte === 1;
  }

  readInt(): number {
    this.#readInteger();
    const value = this.#low | 0;
    if (this.#high !== value >> 31) throw new DataError('bad-avro');
    return value;
  }

  /** Not exact beyond 2^53: for lengths, indices and counts, for which any such number is too large. */
  readLong(): number {
    this.#readInteger();
    return this.#high * 2 ** 32 + (this.#low >>> 0);
  }

  /** What avsc hands to the `fromBuffer` of a custom long: here the integer itself, a bigint where a number is not exact. */
  unpackLongBytes(): number | bigint {
    const value = this.readLong();
    if (Number.isSafeInteger(value)) return value;
    return (BigInt(this.#high) << 32n) | BigInt(this.#low >>> 0);
  }

  readFloat(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  readDouble(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  readFixed(length: number): Buffer {
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  readBytes(): Buffer {
    return this.readFixed(this.readLong());
  }

  readString(): string {
    const length = this.readLong();
    const from = this.#take(length);
    const to = from + length;
    const bytes = this.#bytes;
    let bits = 0;
    for (let at = from; at < to; at++) bits |= bytes[at] as number;
    if (bits > 0x7f) return this.#textOf(from, to);
    return (this.#text ??= bytes.toString('latin1')).slice(from, to);
  }

  skipBoolean(): void {
    this.readBoolean();
  }

  skipInt(): void {
    this.readInt();
  }

  skipLong(): void {
    this.#readInteger();
  }

  skipFloat(): void {
    this.#take(4);
  }

  skipDouble(): void {
    this.#take(8);
  }

  skipFixed(length: number): void {
    this.#take(length);
  }

  skipBytes(): void {
    this.#take(this.readLong());
  }

  /** Read, not skipped: what is not UTF-8 is refused in fields that nobody asks for, too, as in JSON. */
  skipString(): void {
    this.readString();
  }

  /** Decoding puts U+FFFD for what is not UTF-8: only where there is one has it to be asked whether the writer meant it. */
  #textOf(from: number, to: number): string {
    const text = this.#bytes.toString('utf8', from, to);
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(from, to)))
      throw new DataError('invalid-utf8');
    return text;
  }

  /** Passes over `length` bytes; gives where they begin. */
  #take(length: number): number {
    const from = this.#at;
    const to = from + length;
    if (!(length >= 0 && to <= this.#end)) throw new DataError('bad-avro');
    this.#at = to;
    return from;
  }

  /** A zigzag varint of at most 64 bits. */
  #readInteger(): void {
    const bytes = this.#bytes;
    let byte = this.#next(bytes);
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = this.#next(bytes);
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (shift === 63 && byte <= 1) high |= byte << 31;
      else throw new DataError('bad-avro');
    }
    const sign = -(low & 1);
    this.#low = ((low >>> 1) | (high << 31)) ^ sign;
    this.#high = (high >>> 1) ^ sign;
  }

  #next(bytes: Buffer): number {
    const byte = bytes[this.#at++];
    if (byte === undefined) throw new DataError('bad-avro');
    return byte;
  }
}
