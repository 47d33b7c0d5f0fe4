import { sluiceHeaders, type ProducerRecord, type RecordHeader } from '@sluice/kafka-client';
import type { UserRecord } from '@sluice/user-schema';
import { user, userId } from './user-messages.ts';

/** Bytes that mean something to a reader of JSON, Avro or UTF-8. */
const telling = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xc0, 0xff, 0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x7b, 0x7d];
/** What may stand for a JSON value, or not. */
const tokens = [
  'null',
  'true',
  '-0',
  '1e999',
  '1e-999',
  '99999999999999999999',
  'NaN',
  '"\\ud800"',
  '[[[[',
  '{"a":{}}',
];
const headerTexts = ['', '0', '-1', '1e3', ' 7', 'later', '9'.repeat(19), '9'.repeat(25), '1700000000000000'];

export interface MutationOptions {
  /** The bytes of a user, in each encoding that messages may have. */
  readonly encodings: readonly ((user: UserRecord) => Buffer)[];
  /** Schema ids that messages may have, and the registry has not. */
  readonly unknownIds: readonly number[];
  /** A message of another topic, with its schema id. */
  readonly stranger: Buffer;
}

/** Messages of users, by a seed: right ones, and ones that were damaged in every way that comes to mind. */
export class Mutations {
  readonly #random: () => number;
  readonly #options: MutationOptions;

  constructor(seed: number, options: MutationOptions) {
    this.#random = mulberry32(seed);
    this.#options = options;
  }

  /** A message that nothing is wrong with. */
  right(): ProducerRecord {
    const { record, value } = this.#message();
    return { key: Buffer.from(record.uuid), value };
  }

  /** A message of which value, key, headers or timestamp were changed, or all of them. */
  damaged(): ProducerRecord {
    const { record, value } = this.#message();
    const timestamp = this.#timestamp();
    return {
      key: this.#key(record.uuid),
      value: this.#chance(0.03) ? null : this.#damage(value),
      headers: this.#chance(0.1) ? this.#headers() : [],
      ...(timestamp !== undefined && { timestamp }),
    };
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #message(): { readonly record: UserRecord; readonly value: Buffer } {
    const record = { ...user(this.below(500)) };
    for (const field of Object.keys(record) as (keyof UserRecord)[])
      if (field !== 'uuid' && this.#chance(0.1)) Object.assign(record, { [field]: null });
    return { record, value: this.#one(this.#options.encodings)(record) };
  }

  #damage(value: Buffer): Buffer {
    const { stranger, unknownIds } = this.#options;
    if (this.#chance(0.05)) return this.#chance(0.3) ? stranger : this.#bytes(this.below(80));
    let damaged = value;
    for (let edits = 1 + this.below(2); edits > 0; edits--) damaged = this.#edit(damaged);
    if (damaged[0] !== 0) return damaged;
    // Random ids would be thousands of look-ups: the header is as it was, or has one of a few ids, or is cut short.
    if (this.#chance(0.01)) return damaged.subarray(0, this.below(5));
    const header = Buffer.from(value.subarray(0, 5));
    if (header[0] !== 0 || this.#chance(0.02)) {
      header.writeUInt8(0);
      header.writeInt32BE(this.#one(unknownIds), 1);
    }
    return Buffer.concat([header, damaged.subarray(5)]);
  }

  #edit(value: Buffer): Buffer {
    const at = this.below(value.length + 1);
    const length = this.below(12);
    const before = value.subarray(0, at);
    switch (this.below(8)) {
      case 0: {
        const flipped = Buffer.from(value);
        if (at < flipped.length) flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << this.below(8)), at);
        return flipped;
      }
      case 1:
        return Buffer.concat([before, Buffer.of(this.#one(telling)), value.subarray(at + 1)]);
      case 2:
        return Buffer.concat([before, this.#bytes(length), value.subarray(at)]);
      case 3:
        return Buffer.concat([before, value.subarray(at + length)]);
      case 4:
        return before;
      case 5:
        return Buffer.concat([value.subarray(0, at + length), value.subarray(at)]);
      case 6:
        return Buffer.concat([before, this.#message().value.subarray(at)]);
      default:
        return this.#otherToken(value);
    }
  }

  /** Another value for one of the fields, where the message is JSON. */
  #otherToken(value: Buffer): Buffer {
    const text = value.toString('latin1');
    const colon = text.indexOf(':', this.below(text.length));
    const comma = text.indexOf(',"', colon);
    if (colon < 0 || comma < 0) return Buffer.concat([value, this.#bytes(1)]);
    return Buffer.from(text.slice(0, colon + 1) + this.#one(tokens) + text.slice(comma), 'latin1');
  }

  #key(uuid: string): Buffer | null {
    if (this.#chance(0.85)) return Buffer.from(uuid);
    if (this.#chance(0.4)) return null;
    return this.#one([
      Buffer.from(userId(this.below(500))),
      Buffer.from(uuid.toUpperCase()),
      this.#bytes(this.below(40)),
      Buffer.of(),
    ]);
  }

  #headers(): readonly RecordHeader[] {
    const names = [...Object.values(sluiceHeaders), 'trace'];
    return Array.from({ length: 1 + this.below(2) }, () => [
      this.#one(names),
      this.#chance(0.1) ? null : this.#chance(0.2) ? this.#bytes(4) : Buffer.from(this.#one(headerTexts)),
    ]);
  }

  #timestamp(): number | undefined {
    return this.#chance(0.03) ? this.#one([-1, 0, 1, Date.now() + 7_200_000, 2 ** 53 - 1]) : undefined;
  }

  #bytes(length: number): Buffer {
    const end = this.#chance(0.5) ? 128 : 256;
    return Buffer.from(Array.from({ length }, () => this.below(end)));
  }

  #one<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** Small, and the same everywhere: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
