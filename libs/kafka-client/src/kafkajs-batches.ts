import { loadModule, replaceModule } from './kafkajs-module.ts';
import { type FetchedRecord, type FetchedRecords, readRecordBatches } from './record-batches.ts';

interface Decoder {
  readInt32(): number;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
}

/** A message of the format before record batches, as kafkajs reads it. */
interface OldMessage {
  readonly offset: string;
  readonly timestamp?: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Position of the magic byte, which tells the format of what follows. */
const magicAt = 16;
const recordBatchMagic = 2;
/** Key of a control record: version 0, type 0. */
const abortMarker = Buffer.alloc(4);

/** What kafkajs gets wrong between a fetch response and eachBatch. */
export function patchFetchedBatches(): void {
  readBatchesOurselves();
  replaceModule('kafkajs/src/consumer/filterAbortedMessages.js', withoutAborted);
  deliverEmptyBatches();
}

/**
 * Record batches are read by {@link readRecordBatches}: kafkajs forgets where a batch ends. After records at its end were compacted
 * away, it asks for the same batch again, one offset further each time; of a batch without any record left it never gets away.
 */
function readBatchesOurselves(): void {
  const DecoderClass = loadModule('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
  const decodeMessageSet = loadModule('kafkajs/src/protocol/messageSet/decoder') as (
    decoder: Decoder,
    size: number,
  ) => Promise<readonly OldMessage[]>;

  replaceModule('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js', async (response: Decoder) => {
    const none: FetchedRecords = [];
    const size = response.readInt32();
    if (size <= magicAt || !response.canReadBytes(size)) return none;
    const bytes = response.readBytes(size);
    if (bytes.readInt8(magicAt) === recordBatchMagic) return readRecordBatches(bytes);
    const messages = await decodeMessageSet(new DecoderClass(bytes), size);
    return messages.map(fromOldMessage);
  });
}

function fromOldMessage({ offset, timestamp, key, value }: OldMessage): FetchedRecord {
  return {
    topic: '',
    partition: -1,
    offset: Number(offset),
    timestamp: Number(timestamp ?? -1),
    key,
    value,
    headers: [],
    isControlRecord: false,
    batchContext: undefined,
  };
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
  messages: readonly FetchedRecord[];
  abortedTransactions?: readonly AbortedTransaction[] | null;
}): readonly FetchedRecord[] {
  if (!abortedTransactions?.length) return messages;
  const begins = [...abortedTransactions].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const aborted = new Set<string>();
  return messages.filter(({ offset, key, batchContext }) => {
    while (begins[0] && Number(begins[0].firstOffset) <= offset) {
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
      rawMessages: FetchedRecords;
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
