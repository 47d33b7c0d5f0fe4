import { createHash } from 'node:crypto';
import { encodeHeaders } from './kafkajs-records.ts';
import { type ConsumedRecord, lastHeader, type RecordHeader, type RecordHeaders } from './record.ts';
import { sluiceHeaders } from './sluice-headers.ts';

/** Parts of a record in the order in which they are shortened. */
const parts = ['value', 'key', 'headers'] as const;
type Part = (typeof parts)[number];

/** What a dead letter says about a record that it does not carry whole. Lengths in bytes, digests SHA-256 in lower-case hex. */
export const shortenedHeaders = {
  shortened: 'dlq.shortened',
  valueLength: 'dlq.value.length',
  valueSha256: 'dlq.value.sha256',
  keyLength: 'dlq.key.length',
  keySha256: 'dlq.key.sha256',
  headersLength: 'dlq.headers.length',
  headersSha256: 'dlq.headers.sha256',
  headersCount: 'dlq.headers.count',
} as const;

/** Bytes that a shortened value or key keeps. A part that is no longer than that is never shortened: what describes it is as long. */
const keptBytes = 1_024;
/** Longest header of ours that a dead letter keeps whose headers are left out: all are numbers. */
const longestOwnHeader = 64;

type Content = Pick<ConsumedRecord, 'key' | 'value' | 'headers'>;

/** Ever smaller forms of a record, each only where it is smaller than the one before. The last one has a bounded size. */
export function* shortenedForms(record: Content): Generator<Content, void, undefined> {
  const { key, value, headers } = record;
  if (isLong(value)) yield shortened(record, ['value']);
  if (isLong(key)) yield shortened(record, ['value', 'key']);
  if (encodeHeaders(headers).length > keptBytes) yield shortened(record, parts);
}

/**
 * Whether a record is the one that a shortened dead letter was made of: by length and digest of what was shortened, and by the
 * bytes of what was not.
 */
export function isOriginalOf(letter: Content, record: Content): boolean {
  const { headers: about } = letter;
  const cut = text(about, shortenedHeaders.shortened)?.split(',') ?? [];
  const isSame = (part: 'value' | 'key') => {
    const [kept, bytes] = [letter[part], record[part]];
    if (kept === null || bytes === null) return kept === bytes;
    // also of a whole dead letter whose record has headers of these names itself
    if (kept.equals(bytes)) return true;
    const { length, sha256 } = headersOf[part];
    return (
      cut.includes(part) &&
      text(about, length) === String(bytes.length) &&
      text(about, sha256) === digest(bytes)
    );
  };
  return isSame('value') && isSame('key');
}

const headersOf: Readonly<Record<Part, { readonly length: string; readonly sha256: string }>> = {
  value: { length: shortenedHeaders.valueLength, sha256: shortenedHeaders.valueSha256 },
  key: { length: shortenedHeaders.keyLength, sha256: shortenedHeaders.keySha256 },
  headers: { length: shortenedHeaders.headersLength, sha256: shortenedHeaders.headersSha256 },
};

function shortened({ key, value, headers }: Content, cut: readonly Part[]): Content {
  const withKey = cut.includes('key');
  const withHeaders = cut.includes('headers');
  const about: RecordHeader[] = [
    [shortenedHeaders.shortened, ascii(cut.join(','))],
    ...describe('value', value),
    ...(withKey ? describe('key', key) : []),
    ...(withHeaders ? describe('headers', encodeHeaders(headers)) : []),
    ...(withHeaders ? [[shortenedHeaders.headersCount, ascii(headers.length)] as const] : []),
  ];
  return {
    value: start(value),
    key: withKey ? start(key) : key,
    headers: [...(withHeaders ? ownHeaders(headers) : headers), ...about],
  };
}

function describe(part: Part, bytes: Buffer | null): readonly RecordHeader[] {
  if (bytes === null) return [];
  const { length, sha256 } = headersOf[part];
  return [
    [length, ascii(bytes.length)],
    [sha256, ascii(digest(bytes))],
  ];
}

/** What orders the record and counts its redrives; a redrive needs the original for all else. */
function ownHeaders(headers: RecordHeaders): RecordHeaders {
  return Object.values(sluiceHeaders).flatMap((name): RecordHeader[] => {
    const value = lastHeader(headers, name);
    return value && value.length <= longestOwnHeader ? [[name, value]] : [];
  });
}

function isLong(bytes: Buffer | null): boolean {
  return bytes !== null && bytes.length > keptBytes;
}

function start(bytes: Buffer | null): Buffer | null {
  return bytes && bytes.subarray(0, keptBytes);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function text(headers: RecordHeaders, name: string): string | undefined {
  return lastHeader(headers, name)?.toString();
}

function ascii(value: string | number): Buffer {
  return Buffer.from(String(value));
}
