import { loadModule, replaceModule } from './kafkajs-module.ts';
import type { FetchedMessages } from './kafkajs-records.ts';

interface Decoder {
  readInt32(): number;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
}

interface RecordBatch {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly records: readonly object[];
}

interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  /** Absent in the message format before record batches, which knows no transactions. */
  readonly batchContext?: {
    readonly producerId: string;
    readonly inTransaction: boolean;
    readonly isControlBatch: boolean;
  };
}

interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Position of the magic byte, and length of a record batch without records. */
const magicAt = 16;
const emptyBatchBytes = 61;
const recordBatchMagic = 2;
/** Key of a control record: version 0, type 0. */
const abortMarker = Buffer.alloc(4);

/** What kafkajs gets wrong between a fetch response and eachBatch. */
export function patchFetchedBatches(): void {
  keepEndOfBatches();
  replaceModule('kafkajs/src/consumer/filterAbortedMessages.js', withoutAborted);
  deliverEmptyBatches();
}

/**
 * kafkajs forgets where a record batch ends. After records at its end were compacted away, it asks for the same batch again,
 * one offset further each time; of a batch without any record left it never gets away.
 */
function keepEndOfBatches(): void {
  const DecoderClass = loadModule('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
  const decodeMessageSet = loadModule('kafkajs/src/protocol/messageSet/decoder') as (
    decoder: Decoder,
    size: number,
  ) => Promise<FetchedMessages>;
  const decodeBatch = loadModule('kafkajs/src/protocol/recordBatch/v0/decoder') as (
    decoder: Decoder,
  ) => Promise<RecordBatch>;

  replaceModule('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js', async (response: Decoder) => {
    const messages: FetchedMessages = [];
    const size = response.readInt32();
    if (size <= magicAt || !response.canReadBytes(size)) return messages;
    const bytes = response.readBytes(size);
    const decoder = new DecoderClass(bytes);
    if (bytes.readInt8(magicAt) !== recordBatchMagic) return decodeMessageSet(decoder, size);
    while (decoder.canReadBytes(emptyBatchBytes)) {
      const batch = await decodeBatch(decoder).catch(undefinedIfPartial);
      if (!batch) break;
      // Not push(...records): a compressed batch can have more records than a call can have arguments.
      for (const record of batch.records) messages.push(record);
      messages.nextOffset = Number(batch.firstOffset) + batch.lastOffsetDelta + 1;
    }
    return messages;
  });
}

/** The last batch of a response may be cut off. */
function undefinedIfPartial(error: Error): undefined {
  if (error.name !== 'KafkaJSPartialMessageError') throw error;
}

/**
 * Leaves out the records of aborted transactions, as the Java consumer does. kafkajs takes any record whose key is four zero
 * bytes for the end of a transaction, and overlooks all but the first transaction that began before the fetch: both
 * let aborted records through.
 */
function withoutAborted({
  messages,
  abortedTransactions,
}: {
  messages: readonly Message[];
  abortedTransactions?: readonly AbortedTransaction[] | null;
}): readonly Message[] {
  if (!abortedTransactions?.length) return messages;
  const begins = [...abortedTransactions].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const aborted = new Set<string>();
  return messages.filter(({ offset, key, batchContext }) => {
    while (begins[0] && Number(begins[0].firstOffset) <= Number(offset)) {
      aborted.add(begins[0].producerId);
      begins.shift();
    }
    if (!batchContext) return true;
    const { producerId, inTransaction, isControlBatch } = batchContext;
    if (!isControlBatch) return !(inTransaction && aborted.has(producerId));
    if (key?.equals(abortMarker)) aborted.delete(producerId);
    return true;
  });
}

/**
 * A batch of only control or aborted records is resolved inside kafkajs and never reaches eachBatch: a reader that keeps
 * its own position would wait for it for ever. Such batches are delivered, with no messages in them.
 */
function deliverEmptyBatches(): void {
  const { prototype } = loadModule('kafkajs/src/consumer/batch') as {
    prototype: {
      fetchedOffset: string;
      rawMessages: FetchedMessages;
      isEmpty(): boolean;
      isEmptyDueToFiltering(): boolean;
    };
  };
  prototype.isEmpty = function () {
    const { nextOffset } = this.rawMessages;
    return nextOffset === undefined
      ? this.rawMessages.length === 0
      : nextOffset <= Number(this.fetchedOffset);
  };
  prototype.isEmptyDueToFiltering = () => false;
}
