import { loadModule, replaceModule } from './kafkajs-module.ts';
import { FetchAllowance, type FetchedRecords, readRecordBatches } from './record-batches.ts';
import type { LargeBatch } from './decompression/large-batch.ts';
import type { FetchedRecord, Place } from './record-view.ts';

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

/** A record, or a batch that is not read yet. */
type Fetched = Pick<FetchedRecord, 'offset' | 'batchContext' | 'key' | 'isControlRecord'>;

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

  // of each answer, over its partitions
  const allowances = new WeakMap<Decoder, FetchAllowance>();
  const allowanceOf = (response: Decoder) => {
    let allowance = allowances.get(response);
    if (!allowance) allowances.set(response, (allowance = new FetchAllowance()));
    return allowance;
  };

  replaceModule('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js', async (response: Decoder) => {
    const none: FetchedRecords = [];
    const size = response.readInt32();
    if (size <= magicAt || !response.canReadBytes(size)) return none;
    const bytes = response.readBytes(size);
    if (bytes.readInt8(magicAt) === recordBatchMagic) return readRecordBatches(bytes, allowanceOf(response));
    const messages = await decodeMessageSet(new DecoderClass(bytes), size);
    const place: Place = { topic: '', partition: -1 };
    const records: FetchedRecords = messages.map((message) => fromOldMessage(message, place));
    return Object.assign(records, { place });
  });
}

function fromOldMessage({ offset, timestamp, key, value }: OldMessage, place: Place): FetchedRecord {
  return {
    get topic() {
      return place.topic;
    },
    get topicId() {
      return place.topicId;
    },
    get partition() {
      return place.partition;
    },
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
function withoutAborted<T extends Fetched>({
  messages,
  abortedTransactions,
}: {
  messages: readonly T[];
  abortedTransactions?: readonly AbortedTransaction[] | null;
}): readonly T[] {
  if (!abortedTransactions?.length) return messages;
  const begins = [...abortedTransactions].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const aborted = new Set<string>();
  return messages.filter((message) => {
    const { offset, batchContext } = message;
    while (begins[0] && Number(begins[0].firstOffset) <= offset) {
      aborted.add(begins[0].producerId);
      begins.shift();
    }
    if (!batchContext) return true;
    const { producerId, inTransaction, isControlBatch } = batchContext;
    if (!isControlBatch) return !(inTransaction && aborted.has(producerId));
    if (message.key?.equals(abortMarker)) aborted.delete(producerId);
    return true;
  });
}

/** What kafkajs makes of the answer to a fetch, of one partition. */
interface FetchedPartition {
  readonly messages: FetchedRecords;
  /** Text of an integer; -1 or nothing where the broker gives none. */
  readonly lastStableOffset?: string;
  readonly abortedTransactions?: readonly AbortedTransaction[] | null;
}

interface KafkajsBatch {
  rawMessages: FetchedRecords;
  messagesWithinOffset: readonly FetchedRecord[];
  messages: readonly FetchedRecord[];
}

/**
 * A batch of only control or aborted records is resolved inside kafkajs and never reaches eachBatch: a reader that keeps
 * its own position would wait for it for ever. Such batches are delivered, with no messages in them.
 *
 * Its records are chosen here as kafkajs does, without a 64-bit integer of its own for each of them.
 */
function deliverEmptyBatches(): void {
  const Batch = loadModule('kafkajs/src/consumer/batch') as new (
    topic: string,
    fetchedOffset: string,
    fetched: FetchedPartition,
  ) => KafkajsBatch;
  class FetchedBatch extends Batch {
    readonly #fetchedOffset: number;
    /** kafkajs forgets it. */
    readonly lastStableOffset: number | undefined;
    /** What is to be read in parts after the messages. */
    readonly large: LargeBatch | undefined;

    constructor(topic: string, fetchedOffset: string, fetched: FetchedPartition) {
      super(topic, fetchedOffset, { ...fetched, messages: [] });
      this.#fetchedOffset = Number(fetchedOffset);
      this.rawMessages = fetched.messages;
      const stable = Number(fetched.lastStableOffset ?? -1);
      this.lastStableOffset = stable < 0 ? undefined : stable;
      // what the topic gives may begin before what was asked for, at the start of a compressed batch
      this.messagesWithinOffset = this.rawMessages.filter(({ offset }) => offset >= this.#fetchedOffset);
      const { large } = this.rawMessages;
      const within: readonly Fetched[] = large
        ? [...this.messagesWithinOffset, large]
        : this.messagesWithinOffset;
      const kept = withoutAborted({ ...fetched, messages: within }).filter(
        ({ isControlRecord }) => !isControlRecord,
      );
      if (large && kept.at(-1) === large) {
        this.large = large;
        kept.pop();
      }
      this.messages = kept as FetchedRecord[];
    }

    isEmpty(): boolean {
      const { nextOffset, length } = this.rawMessages;
      return nextOffset === undefined ? length === 0 : nextOffset <= this.#fetchedOffset;
    }

    isEmptyDueToFiltering(): boolean {
      return false;
    }
  }
  replaceModule('kafkajs/src/consumer/batch.js', FetchedBatch);
}
