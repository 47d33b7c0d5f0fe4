import {
  type ConsumedRecord,
  isOriginalOf,
  type KafkaAdmin,
  type KafkaClient,
  KafkaError,
  lastHeader,
  shortenedHeaders,
} from '@sluice/kafka-client';
import type { Letter } from './letter.ts';

export function isShortened({ record }: Letter): boolean {
  return lastHeader(record.headers, shortenedHeaders.shortened) !== undefined;
}

/** Reads the records again that shortened dead letters were made of, which are still whole in their topic until it deletes them. */
export class OriginalReader {
  readonly #kafka: KafkaClient;
  readonly #admin: KafkaAdmin;
  readonly #signal: AbortSignal;

  constructor(options: {
    readonly kafka: KafkaClient;
    readonly admin: KafkaAdmin;
    readonly signal: AbortSignal;
  }) {
    this.#kafka = options.kafka;
    this.#admin = options.admin;
    this.#signal = options.signal;
  }

  /**
   * With `unreadable` where the record is above the limit of what may be decompressed.
   *
   * Undefined where the topic no longer has the record: deleted, compacted, or the topic was recreated and has another one there.
   *
   * @throws KafkaError `closed` once the signal has aborted, `unreachable`, `unknown-topic`
   */
  async read(letter: Letter): Promise<ConsumedRecord | undefined> {
    const { source } = letter;
    if (!source) return undefined;
    const { topic, partition, offset } = source;
    const range = (await this.#admin.offsets(topic)).find((found) => found.partition === partition);
    // beyond the end there would be nothing to wait for
    if (!range || offset < range.begin || offset >= range.end) return undefined;
    const ranges = new Map([[partition, { from: offset, to: offset + 1 }]]);
    try {
      for await (const { records } of this.#kafka.read({ topic, ranges, signal: this.#signal }))
        for (const record of records) {
          // of what is above the limit nothing can be compared
          if (record.unreadable) return record;
          if (record.timestamp === source.timestamp && isOriginalOf(letter.record, record)) return record;
        }
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== 'offset-out-of-range') throw error;
    }
    return undefined;
  }
}
