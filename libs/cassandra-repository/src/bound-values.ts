import { uuidBytes, writeUuid } from './uuid-bytes.ts';

/** Room for the values of some 150 rows of twenty columns. */
const slabBytes = 64 * 1024;
/** Of a text that is copied character by character: below it, that is quicker than the way out of JavaScript. */
const shortText = 40;

const nullLength = -1;
const unsetLength = -2;

/**
 * The values of a statement as a request carries them: each a 32-bit length and its bytes, one after the other (native
 * protocol v4, sections 3 and 4.1.4). All values of a row share one piece of memory: a buffer for each of them would cost
 * more than encoding them, and the driver would make two more of it.
 */
export class BoundValues {
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #start = 0;
  #at = 0;

  /** What was added since the last call, or since the start. */
  take(): Buffer {
    const values = this.#slab.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return values;
  }

  /** Forgets what was added since the last {@link take}. */
  drop(): void {
    this.#at = this.#start;
  }

  get length(): number {
    return this.#at - this.#start;
  }

  addNull(): void {
    this.#addLength(nullLength, 0);
  }

  /** The cell is to be left as it is. */
  addUnset(): void {
    this.#addLength(unsetLength, 0);
  }

  addBytes(value: Uint8Array): void {
    this.#addLength(value.length, value.length);
    this.#slab.set(value, this.#at);
    this.#at += value.length;
  }

  /** In UTF-8. */
  addText(value: string): void {
    const { length } = value;
    this.#addLength(length, 3 * length);
    const slab = this.#slab;
    const from = this.#at;
    if (length <= shortText) {
      let index = 0;
      for (; index < length; index++) {
        const code = value.charCodeAt(index);
        if (code > 0x7f) break;
        slab[from + index] = code;
      }
      if (index === length) {
        this.#at = from + length;
        return;
      }
    }
    const written = slab.write(value, from, 'utf8');
    if (written !== length) writeInt32(slab, written, from - 4);
    this.#at = from + written;
  }

  addInt(value: number): void {
    this.#addLength(4, 4);
    writeInt32(this.#slab, value, this.#at);
    this.#at += 4;
  }

  /** A safe integer, in eight bytes. */
  addLong(value: number): void {
    this.#addLength(8, 8);
    const high = Math.floor(value / 0x1_0000_0000);
    writeInt32(this.#slab, high, this.#at);
    writeInt32(this.#slab, value - high * 0x1_0000_0000, this.#at + 4);
    this.#at += 8;
  }

  addDouble(value: number): void {
    this.#addLength(8, 8);
    this.#at = this.#slab.writeDoubleBE(value, this.#at);
  }

  /** False, and nothing is added, where the text is no UUID. */
  addUuid(text: string): boolean {
    this.#addLength(uuidBytes, uuidBytes);
    if (!writeUuid(text, this.#slab, this.#at)) {
      this.#at -= 4;
      return false;
    }
    this.#at += uuidBytes;
    return true;
  }

  /** Adds the length, and makes room for that many bytes after it. */
  #addLength(length: number, room: number): void {
    if (this.#at + 4 + room > this.#slab.length) this.#grow(4 + room);
    writeInt32(this.#slab, length, this.#at);
    this.#at += 4;
  }

  /** What was taken keeps the old memory. */
  #grow(room: number): void {
    const begun = this.#slab.subarray(this.#start, this.#at);
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, 2 * (begun.length + room)));
    this.#slab.set(begun);
    this.#start = 0;
    this.#at = begun.length;
  }
}

/** The values one by one: null for a null, undefined for a cell that is to be left as it is. */
export function valuesOf(values: Buffer): (Buffer | null | undefined)[] {
  const found: (Buffer | null | undefined)[] = [];
  let at = 0;
  while (at < values.length) {
    const length = values.readInt32BE(at);
    const from = at + 4;
    at = from + Math.max(0, length);
    found.push(length < 0 ? (length === nullLength ? null : undefined) : values.subarray(from, at));
  }
  return found;
}

function writeInt32(bytes: Buffer, value: number, at: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
