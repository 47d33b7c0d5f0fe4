import { MalformedError } from './malformed.ts';

/** Above this the room is made first, and filled: gathering parts and joining them would take twice as much. */
const gatheredBytes = 1024 * 1024;
/** For what the last part has beyond what is wanted: the largest block of LZ4. */
const roomForLast = 4 * 1024 * 1024;

/** Reads from bytes that arrive in parts. What it hands out are views that stay valid. */
export class PartReader {
  readonly #parts: AsyncIterator<Buffer, void, undefined>;
  #window: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Bytes before the window. */
  #before = 0;
  #isEnded = false;

  constructor(parts: AsyncIterable<Buffer>) {
    this.#parts = parts[Symbol.asyncIterator]() as AsyncIterator<Buffer, void, undefined>;
  }

  /** Bytes that were read. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** What is there and was not read. */
  get window(): Buffer {
    return this.#at === 0 ? this.#window : this.#window.subarray(this.#at);
  }

  get available(): number {
    return this.#window.length - this.#at;
  }

  /** Whether there is nothing more to come beyond the window. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Makes at least `wanted` bytes available, or all that are left. */
  async fill(wanted: number): Promise<void> {
    if (this.available >= wanted || this.#isEnded) return;
    const rest = this.window;
    const gathered = wanted > gatheredBytes ? new Room(wanted) : new Pieces();
    if (rest.length > 0) gathered.add(rest);
    while (gathered.size < wanted) {
      const { value, done } = await this.#parts.next();
      if (done) {
        this.#isEnded = true;
        break;
      }
      if (value.length > 0) gathered.add(value);
    }
    this.#before += this.#at;
    this.#window = gathered.join();
    this.#at = 0;
  }

  /** Passes over bytes that are there. */
  skip(bytes: number): void {
    this.#at += bytes;
  }

  /** Lets go of what was read: what is left no longer keeps it in memory. */
  detach(): void {
    this.#before += this.#at;
    this.#window = Buffer.from(this.window);
    this.#at = 0;
  }

  /** The next part of at most `most` bytes. @throws MalformedError at the end */
  async some(most: number): Promise<Buffer> {
    if (this.available === 0) await this.fill(1);
    if (this.available === 0) throw cutOff();
    const part = this.#window.subarray(this.#at, this.#at + most);
    this.#at += part.length;
    return part;
  }

  /** @throws MalformedError where there are fewer */
  async bytes(length: number): Promise<Buffer> {
    await this.fill(length);
    if (this.available < length) throw cutOff();
    const bytes = this.#window.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** A zigzag varint of at most 64 bits, as a number. @throws MalformedError */
  async integer(): Promise<number> {
    if (this.available < 10) await this.fill(10);
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 0x80) {
      const byte = this.#window[this.#at++];
      if (byte === undefined) throw cutOff();
      value += (byte & 0x7f) * factor;
      if (byte <= 0x7f) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw cutOff();
  }

  async close(): Promise<void> {
    await this.#parts.return?.();
  }
}

/** Parts that are joined at the end. */
class Pieces {
  readonly #pieces: Buffer[] = [];
  size = 0;

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  join(): Buffer {
    const [first] = this.#pieces;
    return first && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.size);
  }
}

/** Parts that are copied to where they belong. Memory that nothing is copied to is not taken from the system. */
class Room {
  #bytes: Buffer;
  size = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size + roomForLast);
  }

  add(piece: Buffer): void {
    const size = this.size + piece.length;
    if (size > this.#bytes.length) {
      // the last piece: what is beyond is the next record's
      const larger = Buffer.allocUnsafeSlow(size);
      this.#bytes.copy(larger, 0, 0, this.size);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.size);
    this.size = size;
  }

  join(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }
}

function cutOff(): MalformedError {
  return new MalformedError('its bytes end within a record');
}
