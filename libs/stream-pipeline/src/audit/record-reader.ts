import { setTimeout as delay } from 'node:timers/promises';
import { WriteError, type StoredKey, type StoredRows } from '@sluice/cassandra-repository';
import type { ConsumedRecord } from '@sluice/kafka-client';
import { asRefusal } from '../decode-failure.ts';
import { RecordHeld } from '../errors.ts';
import type { Decoded, RecordDecoder, Refusal } from '../options.ts';
import { keyHash, rowDigest } from './row-hash.ts';
import type { FoldedVersion } from './version-table.ts';

/** A record with what the table has to store for it. */
export interface ReadVersion<Row> {
  readonly kind: 'version';
  readonly key: StoredKey;
  /** Stands for the key. */
  readonly hash: Buffer;
  readonly version: FoldedVersion;
  readonly decoded: Exclude<Decoded<Row>, { kind: 'filtered' }>;
  /** Bytes of each column; none for a delete. */
  readonly cells: readonly (Buffer | null)[];
}

export type ReadRecord<Row> =
  ReadVersion<Row> | { readonly kind: 'filtered' } | { readonly kind: 'refused'; readonly refusal: Refusal };

const filtered = { kind: 'filtered' } as const;
/** Between two tries of a record that waits for something nobody can tell the end of. */
const heldMs = 500;

/** Reads records as the writer does, down to the bytes that it binds. */
export class RecordReader<Row extends object> {
  readonly #decoder: RecordDecoder<Row>;
  readonly #rows: Pick<StoredRows<Row>, 'imageOf' | 'keyOf'>;
  readonly #signal: AbortSignal | undefined;
  readonly #onHeld: ((held: RecordHeld) => void) | undefined;

  constructor(
    decoder: RecordDecoder<Row>,
    rows: Pick<StoredRows<Row>, 'imageOf' | 'keyOf'>,
    {
      signal,
      onHeld,
    }: {
      readonly signal?: AbortSignal | undefined;
      readonly onHeld?: ((held: RecordHeld) => void) | undefined;
    } = {},
  ) {
    this.#decoder = decoder;
    this.#rows = rows;
    this.#signal = signal;
    this.#onHeld = onHeld;
  }

  /** A promise only for a record that cannot be decoded yet, since millions are read. */
  read(record: ConsumedRecord): ReadRecord<Row> | Promise<ReadRecord<Row>> {
    try {
      return this.#read(record);
    } catch (error) {
      if (error instanceof RecordHeld) return this.#readLater(record, error);
      throw error;
    }
  }

  async #readLater(record: ConsumedRecord, held: RecordHeld): Promise<ReadRecord<Row>> {
    this.#signal?.throwIfAborted();
    this.#onHeld?.(held);
    await (held.until ?? delay(heldMs, undefined, this.#signal ? { signal: this.#signal } : {}));
    return this.read(record);
  }

  #read(record: ConsumedRecord): ReadRecord<Row> {
    if (record.unreadable) return { kind: 'refused', refusal: { stage: 'source', ...record.unreadable } };
    let decoded: Decoded<Row>;
    try {
      decoded = this.#decoder.decode(record);
    } catch (error) {
      if (error instanceof RecordHeld) throw error;
      return { kind: 'refused', refusal: asRefusal(error) };
    }
    try {
      if (decoded.kind === 'filtered') return filtered;
      const { partition, offset } = record;
      const { writeTimestamp, offset: order } = decoded.version;
      const position = { writeTimestamp, order, partition, offset };
      if (decoded.kind === 'delete') {
        const key = this.#rows.keyOf(decoded.key);
        const version: FoldedVersion = { kind: 'delete', ...position, digest: 0n };
        return { kind: 'version', key, hash: keyHash(key.values), version, decoded, cells: [] };
      }
      const { key, cells } = this.#rows.imageOf(decoded.row);
      const version: FoldedVersion = { kind: 'upsert', ...position, digest: rowDigest(cells) };
      return { kind: 'version', key, hash: keyHash(key.values), version, decoded, cells };
    } catch (error) {
      // a row that the table's columns cannot hold: the writer has made a dead letter of it
      if (error instanceof WriteError && error.kind === 'data')
        return {
          kind: 'refused',
          refusal: { stage: 'write', code: error.code, message: error.message },
        };
      throw error;
    }
  }
}
