import { createHash, type Hash } from 'node:crypto';
import type { RecordHeader, RecordHeaders } from '../record.ts';
import { shortenedHeaders } from '../shortened-letter.ts';
import { sluiceHeaders } from '../sluice-headers.ts';
import { MalformedError } from './malformed.ts';
import type { PartReader } from './part-reader.ts';

/** Bytes that a shortened value or key keeps. */
const keptBytes = 1_024;
/** Keys, and headers together, up to this size are kept whole: so the dead letter is one that its topic takes. */
const keptWhole = 64 * 1024;
/** Longest header of ours that is kept where headers are left out: all are numbers. */
const longestOwnHeader = 64;
const ownNames: ReadonlySet<string> = new Set(Object.values(sluiceHeaders));

/** What is kept of a record that is too large to be held. */
export interface ShortenedRecord {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The record's own, or those of Sluice where they are too large, and what says what was shortened. */
  readonly headers: RecordHeaders;
}

interface Part {
  /** null for null. */
  readonly kept: Buffer | null;
  readonly length: number;
  readonly sha256: string;
}

/**
 * Reads a record of `length` bytes without holding it: lengths and digests of what is not kept are made of the bytes as they
 * pass.
 *
 * @throws MalformedError
 */
export async function readShortened(reader: PartReader, length: number): Promise<ShortenedRecord> {
  const record = new Counted(reader, length);
  // the attributes, of which there are none
  await record.bytes(1);
  const timestampDelta = await record.integer();
  const offsetDelta = await record.integer();
  const key = await readPart(record, keptWhole);
  const value = await readPart(record, 0);
  const headers = await readHeaders(record);
  if (record.left !== 0) throw new MalformedError('a record is longer than its parts');
  const cut = headers.isCut ? 3 : key.length > keptWhole ? 2 : 1;
  const about: RecordHeader[] = [
    [shortenedHeaders.shortened, ascii(['value', 'key', 'headers'].slice(0, cut).join(','))],
    ...describe('value', value),
    ...(cut > 1 ? describe('key', key) : []),
    ...(cut > 2 ? describe('headers', headers) : []),
    ...(cut > 2 ? [[shortenedHeaders.headersCount, ascii(headers.count)] as const] : []),
  ];
  return {
    timestampDelta,
    offsetDelta,
    key: cut > 1 ? start(key.kept) : key.kept,
    value: value.kept,
    headers: [...headers.kept, ...about],
  };
}

/** Counts what is left of the record. */
class Counted {
  readonly #reader: PartReader;
  left: number;

  constructor(reader: PartReader, length: number) {
    this.#reader = reader;
    this.left = length;
  }

  async integer(): Promise<number> {
    const before = this.#reader.position;
    const value = await this.#reader.integer();
    this.#take(this.#reader.position - before);
    return value;
  }

  async bytes(length: number): Promise<Buffer> {
    this.#take(length);
    return this.#reader.bytes(length);
  }

  async some(most: number): Promise<Buffer> {
    const part = await this.#reader.some(most);
    this.#take(part.length);
    return part;
  }

  #take(bytes: number): void {
    this.left -= bytes;
    if (this.left < 0) throw new MalformedError('a record ends before its parts');
  }
}

async function readPart(record: Counted, whole: number): Promise<Part> {
  const length = await record.integer();
  if (length < 0) return { kept: null, length: 0, sha256: '' };
  if (length > record.left) throw new MalformedError('a record ends before its parts');
  const hash = createHash('sha256');
  const kept = await pass(record, length, { hash, keep: length <= whole ? length : keptBytes });
  return { kept, length, sha256: hash.digest('hex') };
}

/** Passes over bytes and returns a copy of the first ones. */
async function pass(
  record: Counted,
  length: number,
  { hash, keep }: { readonly hash: Hash; readonly keep: number },
): Promise<Buffer> {
  const kept = Buffer.alloc(Math.min(length, keep));
  for (let at = 0; at < length;) {
    const part = await record.some(length - at);
    hash.update(part);
    if (at < kept.length) part.copy(kept, at);
    at += part.length;
  }
  return kept;
}

/** Headers in their encoded form, without the count, are what the digest is of. */
async function readHeaders(record: Counted): Promise<{
  readonly kept: readonly RecordHeader[];
  readonly isCut: boolean;
  readonly length: number;
  readonly sha256: string;
  readonly count: number;
}> {
  const count = await record.integer();
  if (count < 0) throw new MalformedError('a record has fewer headers than none');
  const length = record.left;
  const isCut = length > keptWhole;
  const hash = createHash('sha256');
  const kept: RecordHeader[] = [];
  for (let i = 0; i < count; i += 1) {
    const nameLength = await record.integer();
    if (nameLength < 0) throw new MalformedError('a header has no name');
    hash.update(varint(nameLength));
    const name = (
      await pass(record, nameLength, { hash, keep: isCut ? longestOwnHeader : nameLength })
    ).toString();
    const size = await record.integer();
    hash.update(varint(size));
    const value = size < 0 ? null : await pass(record, size, { hash, keep: isCut ? longestOwnHeader : size });
    const isOwn = ownNames.has(name) && nameLength === name.length && size <= longestOwnHeader;
    if (!isCut || isOwn) kept.push([name, value]);
  }
  return { kept, isCut, length, sha256: hash.digest('hex'), count };
}

function describe(
  part: 'value' | 'key' | 'headers',
  { length, sha256 }: Pick<Part, 'length' | 'sha256'>,
): RecordHeader[] {
  if (sha256 === '') return [];
  return [
    [shortenedHeaders[`${part}Length`], ascii(length)],
    [shortenedHeaders[`${part}Sha256`], ascii(sha256)],
  ];
}

function start(bytes: Buffer | null): Buffer | null {
  return bytes && bytes.subarray(0, keptBytes);
}

function ascii(value: string | number): Buffer {
  return Buffer.from(String(value));
}

/** A zigzag varint. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
