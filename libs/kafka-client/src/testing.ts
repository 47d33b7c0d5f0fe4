import { randomUUID } from 'node:crypto';
import { compressionTypes } from './compression-types.ts';
import { kafkaJs } from './kafkajs-patches.ts';
import { nativeCodec } from './native-codecs.ts';
import type { Compression } from './options.ts';

export interface TransactionOptions {
  /** Bootstrap brokers, each `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly records: readonly {
    readonly key?: Buffer | string | null;
    readonly value: Buffer | string | null;
    readonly partition?: number;
    /** ms since the epoch. Default: now. */
    readonly timestamp?: number;
  }[];
}

/** A transaction whose records are in the topic and not decided: readers wait before the first of them (KIP-98). */
export interface OpenTransaction {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Below the `transaction.max.timeout.ms` of brokers by default. */
const timeoutMs = 600_000;

/** Sends records in a transaction of its own and leaves it open, to test what reads alongside it. The brokers abort it after 10 minutes. */
export async function openTransaction({
  brokers,
  topic,
  records,
}: TransactionOptions): Promise<OpenTransaction> {
  const { Kafka, logLevel } = kafkaJs();
  const id = `transaction-${randomUUID()}`;
  const producer = new Kafka({ brokers: [...brokers], clientId: id, logLevel: logLevel.NOTHING }).producer({
    transactionalId: id,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: timeoutMs,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    await transaction.send({
      topic,
      messages: records.map(({ key = null, value, partition, timestamp }) => ({
        key,
        value,
        ...(partition !== undefined && { partition }),
        ...(timestamp !== undefined && { timestamp: String(timestamp) }),
      })),
    });
    const end = async (ending: () => Promise<void>) => {
      await ending();
      await producer.disconnect();
    };
    return { commit: () => end(() => transaction.commit()), abort: () => end(() => transaction.abort()) };
  } catch (error) {
    await producer.disconnect();
    throw error;
  }
}

export interface BatchOptions {
  /** Bootstrap brokers, each `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly { readonly key?: Buffer | null; readonly value: Buffer | null }[];
  readonly compression: Exclude<Compression, 'none'>;
  /** Makes the compressed data of the batch from its encoded records, or other data that a broker takes for as many records. */
  readonly compress: (records: Buffer) => Buffer | Promise<Buffer>;
}

/**
 * Sends one batch whose data is compressed otherwise than this library's producer does it, to test what reads it. Until it is sent,
 * other producers of the process compress the same way.
 */
export async function sendBatch(options: BatchOptions): Promise<void> {
  const { brokers, topic, partition, records, compression, compress } = options;
  const { Kafka, logLevel, CompressionCodecs } = kafkaJs();
  const codecs: Record<number, unknown> = CompressionCodecs;
  const type = compressionTypes[compression];
  const known = codecs[type];
  const clientId = `batch-${randomUUID()}`;
  const producer = new Kafka({ brokers: [...brokers], clientId, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  codecs[type] = () => ({ compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer) });
  try {
    const messages = records.map(({ key = null, value }) => ({ key, value, partition }));
    await producer.send({ topic, messages, compression: type });
  } finally {
    codecs[type] = known;
    await producer.disconnect();
  }
}

/** Snappy in one block, as librdkafka sends it: it can only be decompressed as a whole. */
export function snappyBlock(bytes: Buffer): Buffer {
  return nativeCodec('snappy').compressSync(bytes);
}
