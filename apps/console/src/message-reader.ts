import { isUtf8 } from 'node:buffer';
import type { ConsumedRecord } from '@sluice/kafka-client';
import { FramingError, RegistryError, type SchemaRegistry } from '@sluice/schema-registry';
import { AvroReader } from './avro-reader.ts';
import type { Content, Message } from './contract/topics.ts';
import { masked } from './personal-fields.ts';
import { formatJson, parseJson } from './raw-json.ts';

export interface ReadingOptions {
  /** Show personal fields, and bytes that could not be decoded. */
  readonly reveal: boolean;
  /** To the end, whatever the length. */
  readonly full: boolean;
}

/** Characters of a key, value or header that are shown where not all are asked for. */
const shownChars = 16 * 1024;
/** Larger values are not decoded where not all of them is asked for: a page of them would hold up everybody. */
const decodedBytes = 256 * 1024;
/** Of bytes that could not be decoded, where personal data is masked: enough to tell what they are. */
const maskedBytes = 16;

type Decoded = Pick<Content, 'format' | 'text' | 'schemaId' | 'undecodable' | 'masked'>;

/** Messages as people read them: JSON and Avro as text, the rest as hex with the reason, personal fields masked. */
export class MessageReader {
  readonly #avro: AvroReader | undefined;

  constructor(registry: SchemaRegistry | undefined) {
    this.#avro = registry && new AvroReader(registry);
  }

  /** `shows`: whether the message as it is decoded, values that are too large left out, contains a text; its case does not matter. */
  async read(
    record: ConsumedRecord,
    { reveal, full }: ReadingOptions,
  ): Promise<{ readonly message: Message; shows(text: string): boolean }> {
    const value = record.value;
    const key = record.key;
    const decodedKey = plainText(key);
    const isLarge = !full && (value?.length ?? 0) > decodedBytes;
    const decodedValue = isLarge && value ? unread(value) : await this.#decode(value, reveal);
    const headers = record.headers.map(([name, bytes]) => ({ name, bytes, decoded: plainText(bytes) }));
    const limit = full ? Infinity : shownChars;
    return {
      message: {
        partition: record.partition,
        offset: String(record.offset),
        timestamp: record.timestamp,
        key: content(decodedKey, key, limit),
        value: { ...content(decodedValue, value, limit), ...(isLarge && { cut: true }) },
        headers: headers.map(({ name, bytes, decoded }) => ({ name, value: content(decoded, bytes, limit) })),
      },
      shows: (text) => {
        const wanted = text.toLowerCase();
        return [decodedKey, decodedValue, ...headers.map(({ decoded }) => decoded)].some(({ text: shown }) =>
          shown.toLowerCase().includes(wanted),
        );
      },
    };
  }

  async #decode(bytes: Buffer | null, reveal: boolean): Promise<Decoded> {
    if (bytes === null) return nothing;
    if (bytes[0] === 0) return this.#decodeFramed(bytes, reveal);
    if (!isUtf8(bytes))
      return binary(bytes, reveal, 'neither UTF-8 text nor in the wire format of a registry');
    const text = bytes.toString('utf8');
    try {
      const data = parseJson(text);
      const isData = typeof data === 'object' && data !== null;
      // a bare text has no field that would tell whether it is personal
      if (!isData && !reveal) return undecoded(bytes, reveal, 'a bare value, not an object');
      return { ...decoded, format: 'json', ...shown(data, reveal) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // the parser's own message quotes the text
      return undecoded(bytes, reveal, 'not JSON');
    }
  }

  async #decodeFramed(bytes: Buffer, reveal: boolean): Promise<Decoded> {
    if (!this.#avro) return binary(bytes, reveal, 'it names a schema, and no registry is configured');
    try {
      const { schemaId, data } = await this.#avro.read(bytes);
      return { ...decoded, format: 'avro', schemaId, ...shown(data, reveal) };
    } catch (error) {
      return binary(bytes, reveal, reasonOf(error), schemaIdIn(bytes));
    }
  }
}

const decoded = { schemaId: null, undecodable: null };
const nothing: Decoded = { ...decoded, format: 'null', text: '', masked: false };

function shown(data: unknown, reveal: boolean): Pick<Decoded, 'text' | 'masked'> {
  const open = formatJson(data);
  const text = reveal ? open : formatJson(masked(data));
  return { text, masked: text !== open };
}

/** A value that is too large for a list: what it seems to be. */
function unread(bytes: Buffer): Decoded {
  const format = bytes[0] === 0 ? 'avro' : bytes[0] === 0x7b || bytes[0] === 0x5b ? 'json' : 'binary';
  return {
    ...decoded,
    format,
    text: '',
    masked: false,
    schemaId: format === 'avro' ? schemaIdIn(bytes) : null,
  };
}

/** Keys and headers: UTF-8 text as it is, else hex. */
function plainText(bytes: Buffer | null): Decoded {
  if (bytes === null) return nothing;
  if (!isUtf8(bytes)) return binary(bytes, true, 'not UTF-8 text');
  return { ...decoded, format: 'text', text: bytes.toString('utf8'), masked: false };
}

/** Text that is no data: as text where it may be seen, else as the first bytes. */
function undecoded(bytes: Buffer, reveal: boolean, undecodable: string): Decoded {
  if (!reveal) return binary(bytes, reveal, undecodable);
  return { ...decoded, format: 'text', text: bytes.toString('utf8'), masked: false, undecodable };
}

function binary(
  bytes: Buffer,
  reveal: boolean,
  undecodable: string,
  schemaId: number | null = null,
): Decoded {
  const shown = reveal ? bytes : bytes.subarray(0, maskedBytes);
  const text = shown.toString('hex').replace(/..(?=.)/g, '$& ');
  return { format: 'binary', text, masked: shown.length < bytes.length, schemaId, undecodable };
}

function content({ text, ...rest }: Decoded, bytes: Buffer | null, limit: number): Content {
  const cut = text.length > limit;
  // not in the middle of a character of two units
  const end = cut && /[\ud800-\udbff]/.test(text[limit - 1] ?? '') ? limit - 1 : limit;
  return { ...rest, text: cut ? text.slice(0, end) : text, bytes: bytes?.length ?? 0, cut };
}

/** Without values: errors of the decoder may quote them. */
function reasonOf(error: unknown): string {
  if (error instanceof FramingError) return 'too short for the wire format of a registry';
  if (error instanceof RegistryError) return `its schema cannot be read: ${error.message}`;
  return 'the bytes are not what its schema says';
}

function schemaIdIn(bytes: Buffer): number | null {
  return bytes.length >= 5 ? bytes.readInt32BE(1) : null;
}
