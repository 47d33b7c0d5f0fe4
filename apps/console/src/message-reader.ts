import { setImmediate } from 'node:timers/promises';
import type { ConsumedRecord, RecordHeaders } from '@sluice/kafka-client';
import type { SchemaRegistry } from '@sluice/schema-registry';
import {
  type ContentLimits,
  type ContentOptions,
  ContentReading,
  type DecodedContent,
  plainText,
  schemaIdIn,
} from './content-reader.ts';
import { type ContentSchema, contentSchema } from './content-schema.ts';
import { ContentSchemas } from './content-schemas.ts';
import { mask } from './content-text.ts';
import type { Content, Message } from './contract/topics.ts';
import { isOfType } from './json-content.ts';
import { isPublicHeader } from './public-headers.ts';
import { unreadableMessage } from './unreadable-message.ts';

export interface ReadingOptions {
  /** Show what is personal. */
  readonly reveal: boolean;
  /** How much of it: for a list, alone, or all that a page can take. */
  readonly size: 'list' | 'one' | 'full';
}

export interface MessageReaderOptions {
  readonly registry: SchemaRegistry | undefined;
  /** What messages of some topics should be, and their keys as a field of that. */
  readonly contract: {
    readonly topics: readonly string[];
    readonly deadLetterTopic: string;
    readonly avsc: unknown;
    readonly key: string;
  };
}

interface Limits extends ContentLimits {
  /** Bytes of text of a key, and of each header. */
  readonly keyBytes: number;
  readonly headerBytes: number;
  readonly headers: number;
}

const kib = 1024;
const mib = 1024 * kib;
/** Values over 256 KiB are decoded only where all of one message is asked for. */
const limits: Readonly<Record<ReadingOptions['size'], Limits>> = {
  list: {
    ...{ inputBytes: 256 * kib, textBytes: 2 * kib, values: 10_000, ms: 50 },
    ...{ keyBytes: 256, headerBytes: 128, headers: 10 },
  },
  one: {
    ...{ inputBytes: 256 * kib, textBytes: 16 * kib, values: 100_000, ms: 500 },
    ...{ keyBytes: 16 * kib, headerBytes: kib, headers: 100 },
  },
  full: {
    ...{ inputBytes: 16 * mib, textBytes: 6 * mib, values: 2_000_000, ms: 5_000 },
    ...{ keyBytes: mib, headerBytes: 16 * kib, headers: 100 },
  },
};
/** What is searched of a message: more than is shown, on one line. */
const searched: Limits = {
  ...limits.list,
  ...{ textBytes: mib, values: 200_000, ms: 100, keyBytes: 16 * kib, headerBytes: kib, headers: 100 },
};

const whole = { cut: false, masked: false, schemaId: null, undecodable: null };

/** Messages as people read them, each at a bounded cost; what no schema says is not personal is masked. */
export class MessageReader {
  readonly #schemas: ContentSchemas | undefined;
  readonly #contract: MessageReaderOptions['contract'];
  readonly #value: ContentSchema;
  readonly #key: ContentSchema | undefined;

  constructor({ registry, contract }: MessageReaderOptions) {
    this.#schemas = registry && new ContentSchemas(registry);
    this.#contract = contract;
    this.#value = contentSchema(contract.avsc);
    const { node } = this.#value;
    this.#key = node.kind === 'record' ? node.byName.get(contract.key) : undefined;
  }

  /** Lets others have their turn while it reads a long value. */
  async read(record: ConsumedRecord, { reveal, size }: ReadingOptions): Promise<Message> {
    if (record.unreadable) return unreadableMessage(record, record.unreadable);
    const { topic, partition, offset, timestamp, key, value, headers } = record;
    const limit = limits[size];
    return {
      partition,
      offset: String(offset),
      timestamp,
      key: sized(key, await this.#keyOf(key, topic, { reveal, limit })),
      value: sized(value, await this.#valueOf(value, topic, { reveal, limits: limit })),
      headers: headers.slice(0, limit.headers).map(([name, bytes], at) => ({
        name: name.slice(0, limit.headerBytes),
        value: sized(bytes, this.#headerOf(headers, at, topic, { reveal, limit })),
      })),
      headersLeftOut: Math.max(0, headers.length - limit.headers),
    };
  }

  /**
   * Whether the message as it may be shown contains a text, whatever its case: in key, headers or value, of large ones in as much as
   * is decoded.
   */
  async shows(
    record: ConsumedRecord,
    text: string,
    { reveal }: Pick<ReadingOptions, 'reveal'>,
  ): Promise<boolean> {
    if (record.unreadable) return false;
    const wanted = text.toLowerCase();
    const { topic, headers } = record;
    const isIn = (found: DecodedContent) => found.text.toLowerCase().includes(wanted);
    if (isIn(await this.#keyOf(record.key, topic, { reveal, limit: searched }))) return true;
    const count = Math.min(headers.length, searched.headers);
    for (let at = 0; at < count; at++)
      if (isIn(this.#headerOf(headers, at, topic, { reveal, limit: searched }))) return true;
    return isIn(await this.#valueOf(record.value, topic, { reveal, limits: searched, compact: true }));
  }

  /** Whether everybody may see a key, and so look for it. */
  isPublicKey(topic: string, key: string): boolean {
    return this.#isPublicKey(topic, Buffer.from(key));
  }

  async #valueOf(bytes: Buffer | null, topic: string, options: ContentOptions): Promise<DecodedContent> {
    const json = this.#isOfContract(topic) ? this.#value : undefined;
    const id = bytes && schemaIdIn(bytes);
    const avro = id === null ? undefined : await this.#schemas?.find(id);
    const reading = new ContentReading(bytes, { ...options, json, avro });
    while (!reading.run()) await setImmediate();
    return reading.result;
  }

  /** A key in the wire format of a registry is read as a value is; other ones are text. */
  async #keyOf(
    bytes: Buffer | null,
    topic: string,
    { reveal, limit }: { readonly reveal: boolean; readonly limit: Limits },
  ): Promise<DecodedContent> {
    if (bytes === null) return { ...whole, format: 'null', text: '' };
    if (this.#schemas && schemaIdIn(bytes) !== null) {
      const found = await this.#valueOf(bytes, topic, {
        reveal,
        limits: { ...limit, textBytes: limit.keyBytes },
      });
      if (found.undecodable === null) return found;
    }
    return textOf(bytes, limit.keyBytes, reveal || this.#isPublicKey(topic, bytes));
  }

  #headerOf(
    headers: RecordHeaders,
    at: number,
    topic: string,
    { reveal, limit }: { readonly reveal: boolean; readonly limit: Limits },
  ): DecodedContent {
    const [name, bytes] = headers[at] ?? ['', null];
    if (bytes === null) return { ...whole, format: 'null', text: '' };
    const isLast = () => !headers.some(([other], index) => index > at && other === name);
    const isLastInLetter = () => topic === this.#contract.deadLetterTopic && isLast();
    return textOf(bytes, limit.headerBytes, reveal || isPublicHeader(name, bytes, isLastInLetter()));
  }

  #isPublicKey(topic: string, bytes: Buffer): boolean {
    if (!this.#isOfContract(topic) || bytes.length > limits.list.keyBytes) return false;
    return this.#key?.isPublic === true && isOfType(bytes.toString('utf8'), this.#key.node);
  }

  #isOfContract(topic: string): boolean {
    return this.#contract.topics.includes(topic);
  }
}

function sized(bytes: Buffer | null, found: DecodedContent): Content {
  return { ...found, bytes: bytes?.length ?? 0 };
}

/** Keys and headers: UTF-8 text as it is, else hex. */
function textOf(bytes: Buffer, maxBytes: number, isShown: boolean): DecodedContent {
  if (!isShown) return { ...whole, format: 'text', text: mask, masked: true };
  const found = plainText(bytes, maxBytes);
  return { ...whole, ...found, undecodable: found.format === 'binary' ? 'not UTF-8 text' : null };
}
