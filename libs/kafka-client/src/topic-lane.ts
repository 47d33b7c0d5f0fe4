import type { Message } from 'kafkajs';
import { RecordsRefusedError, RecordsUndeliveredError, type RefusedRecord } from './delivery-errors.ts';
import { isTooLarge, KafkaError, toKafkaError } from './errors.ts';
import { withHeaderList } from './kafkajs-records.ts';
import type { Compression, ProducerOptions, SendOptions } from './options.ts';
import { ProducerConnection, type ProducerCluster } from './producer-connection.ts';
import type { ProducerRecord, RecordHeader } from './record.ts';
import { sluiceHeaders } from './sluice-headers.ts';

export type LaneOptions = ProducerOptions &
  Required<Pick<ProducerOptions, 'maxRequestBytes' | 'maxRequestRecords' | 'deliveryTimeoutMs'>>;

interface Entry {
  readonly record: ProducerRecord;
  readonly message: Message;
  readonly bytes: number;
  readonly job: Job;
  /** `unknown` from the moment that it may be in the topic without our knowing. */
  fate: 'unsent' | 'unknown' | 'settled';
}

interface Job {
  readonly compressTooLarge: boolean;
  /** `performance.now()` at which it is given up. */
  readonly deadline: number;
  unsettled: number;
  /** It was given up: what is still under way of it is nobody's any more. */
  isOver: boolean;
  readonly refused: RefusedRecord[];
  readonly resolve: () => void;
  readonly reject: (error: KafkaError) => void;
}

/**
 * Records above this are compressed before the first attempt where that is allowed: a request beyond the brokers'
 * `socket.request.max.bytes` (100 MiB) is not refused, its connection is closed.
 */
const compressFromBytes = 16 * 1024 * 1024;

/** A topic that was just created may be unknown to a broker for a moment, ms. */
const propagationMs = 5_000;

/** The longest time that a timer takes, ms. */
const longestTimer = 2 ** 31 - 1;

/**
 * Sends the records of one topic, in order, one request at a time.
 *
 * One unsettled request at a time, retries included, is what makes kafkajs' idempotence hold: after a lost acknowledgement it
 * gives the sequence back before it repeats, and a second request in flight could take it. An error that kafkajs gives up on
 * ends that producer: a new one, with a new producer id, sends the same records again with the same timestamps. Such records can
 * be in the topic twice, never zero times, and the write timestamp in their header makes the second one harmless.
 *
 * A lane has a producer of kafkajs to itself: one that has met a topic that is gone fails for every other, too.
 */
export class TopicLane {
  readonly #topic: string;
  readonly #options: LaneOptions;
  readonly #cluster: ProducerCluster;
  readonly #connection: ProducerConnection;
  #queue: Entry[] = [];
  /** The request under way. */
  #request: readonly Entry[] = [];
  #working: Promise<void> | undefined;
  #closed = false;
  #deadlines: NodeJS.Timeout | undefined;
  #lastFailure: KafkaError | undefined;
  /** Undefined before the topic was seen, and after it was missing. */
  #partitions: number | undefined;
  #missingSince: number | undefined;

  constructor(
    topic: string,
    options: LaneOptions,
    cluster: ProducerCluster,
    connection = new ProducerConnection(cluster, options.onRetry),
  ) {
    this.#topic = topic;
    this.#options = options;
    this.#cluster = cluster;
    this.#connection = connection;
  }

  /** Whether everything that it was given is settled. */
  get isIdle(): boolean {
    return this.#working === undefined;
  }

  send(
    records: readonly ProducerRecord[],
    { compressTooLarge = false }: SendOptions,
    resolve: () => void,
    reject: (error: KafkaError) => void,
  ): void {
    const job: Job = {
      compressTooLarge,
      deadline: performance.now() + this.#options.deliveryTimeoutMs,
      unsettled: records.length,
      isOver: false,
      refused: [],
      resolve,
      reject,
    };
    const now = Date.now();
    const entries = records.map((record) => this.#entry(record, now, job));
    for (const entry of entries) this.#queue.push(entry);
    this.#watchDeadlines();
    this.#working ??= this.#work();
  }

  /** Sends what is waiting; what is not acknowledged after `timeoutMs` is given up with `closed`. */
  async close(timeoutMs: number): Promise<void> {
    await settledWithin(this.#working, timeoutMs);
    this.#closed = true;
    clearTimeout(this.#deadlines);
    this.#giveUp(() => true, 'closed', 'the producer was closed');
    await this.#connection.disconnect();
  }

  get #compression(): Compression {
    return this.#options.compression ?? 'none';
  }

  /** How a record is sent that is too large: every client that may read the topic knows gzip. */
  get #smaller(): Compression {
    return this.#compression === 'none' ? 'gzip' : this.#compression;
  }

  #entry(record: ProducerRecord, now: number, job: Job): Entry {
    const { writeTimestamps } = this.#options;
    let headers: readonly RecordHeader[] = record.headers ?? [];
    if (writeTimestamps && !headers.some(([name]) => name === sluiceHeaders.writeTimestamp))
      headers = [...headers, [sluiceHeaders.writeTimestamp, Buffer.from(String(writeTimestamps.next()))]];
    const message = withHeaderList<Message>(
      {
        key: record.key,
        value: record.value,
        timestamp: String(record.timestamp ?? now),
        ...(record.partition === undefined ? {} : { partition: record.partition }),
      },
      headers,
    );
    return { record, message, bytes: sizeOf(record.key, record.value, headers), job, fate: 'unsent' };
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#closed) {
      this.#request = this.#nextRequest();
      const [first] = this.#request;
      const isLarge = first?.job.compressTooLarge === true && first.bytes > compressFromBytes;
      await this.#sendAll(this.#request, isLarge ? this.#smaller : this.#compression);
      this.#request = [];
      this.#connection.forgetPartitions();
    }
    this.#working = undefined;
    clearTimeout(this.#deadlines);
    this.#deadlines = undefined;
    // An attempt that was under way when close() gave it up may have connected again.
    if (this.#closed) await this.#connection.disconnect();
  }

  /** Takes the entries at the head of the queue that fit into one request. */
  #nextRequest(): Entry[] {
    const { maxRequestBytes, maxRequestRecords } = this.#options;
    let bytes = 0;
    let count = 0;
    for (const entry of this.#queue) {
      if (count === maxRequestRecords) break;
      if (count > 0 && bytes + entry.bytes > maxRequestBytes) break;
      bytes += entry.bytes;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #sendAll(all: readonly Entry[], compression: Compression): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const entries = all.filter(isOpen);
      if (this.#closed || entries.length === 0) return;
      const error = await this.#attempt(entries, compression);
      if (this.#closed) return;
      this.#lastFailure = error;
      if (!error) {
        this.#settle(entries);
        return;
      }
      if (error.code === 'unknown-topic' && this.#topicStaysMissing()) {
        this.#giveUp(() => true, 'unknown-topic', error.message);
        this.#missingSince = undefined;
        return;
      }
      await this.#connection.renew();
      // An error that is neither known to be about the records nor to pass by is believed when it comes a third time.
      if (error.code === 'record-refused' || (!error.retryable && failures >= 2)) {
        await this.#isolate(entries, compression, error);
        return;
      }
      this.#options.onRetry?.(error);
      await elapsed(Math.min(100 * 2 ** failures, 2_000));
    }
  }

  /** A refused record takes its whole request with it: halve until it is alone, so that the others arrive. */
  async #isolate(entries: readonly Entry[], compression: Compression, error: KafkaError): Promise<void> {
    const [only] = entries;
    if (entries.length === 1 && only) {
      const mayFit = only.job.compressTooLarge && compression === 'none' && isTooLarge(error);
      if (mayFit) return this.#sendAll(entries, this.#smaller);
      this.#refuse(only, error);
      return;
    }
    const middle = Math.ceil(entries.length / 2);
    await this.#sendAll(entries.slice(0, middle), compression);
    await this.#sendAll(entries.slice(middle), compression);
  }

  async #attempt(entries: readonly Entry[], compression: Compression): Promise<KafkaError | undefined> {
    try {
      entries = await this.#inTopic(entries);
    } catch (error) {
      return toKafkaError(error, `looking up topic ${this.#topic}`);
    }
    if (entries.length === 0) return undefined;
    const error = await this.#connection.connect();
    if (error) return error;
    for (const entry of entries) entry.fate = 'unknown';
    const failure = await this.#connection.send(
      this.#topic,
      entries.map(({ message }) => message),
      compression,
    );
    if (failure?.code === 'unknown-topic') this.#partitions = undefined;
    return failure;
  }

  /**
   * Refuses the records for partitions that the topic does not have, and returns the others. kafkajs would leave them out in silence.
   *
   * @throws KafkaError `unknown-topic` and what else a look-up ends with
   */
  async #inTopic(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const known = this.#partitions;
    const isBeyond = ({ record: { partition } }: Entry) =>
      partition !== undefined &&
      !(Number.isInteger(partition) && partition >= 0 && partition < (this.#partitions ?? 0));
    if (known === undefined || entries.some(isBeyond)) {
      this.#partitions = await this.#cluster.countPartitions(this.#topic);
      this.#missingSince = undefined;
    }
    const beyond = entries.filter(isBeyond);
    if (beyond.length === 0) return entries;
    for (const entry of beyond) {
      const message = `topic ${this.#topic} has no partition ${entry.record.partition}: it has ${this.#partitions} of them`;
      this.#refuse(entry, new KafkaError('unknown-partition', message));
    }
    return entries.filter(({ fate }) => fate !== 'settled');
  }

  /** Whether the topic has been missing for longer than news of a new one takes. A producer without a deadline waits for it. */
  #topicStaysMissing(): boolean {
    const now = performance.now();
    this.#missingSince ??= now;
    return this.#options.deliveryTimeoutMs !== Infinity && now - this.#missingSince >= propagationMs;
  }

  #refuse(entry: Entry, error: KafkaError): void {
    entry.job.refused.push({ record: entry.record, error });
    this.#settle([entry]);
  }

  #settle(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { job } = entry;
      if (entry.fate === 'settled') continue;
      entry.fate = 'settled';
      job.unsettled -= 1;
      if (job.unsettled > 0 || job.isOver) continue;
      if (job.refused.length > 0) job.reject(new RecordsRefusedError(job.refused));
      else job.resolve();
    }
  }

  #watchDeadlines(): void {
    if (this.#deadlines || this.#options.deliveryTimeoutMs === Infinity) return;
    // all have the same time, so that the first one ends first
    const first = this.#request.find(isOpen) ?? this.#queue[0];
    if (!first) return;
    const delay = Math.min(Math.max(0, first.job.deadline - performance.now()), longestTimer);
    this.#deadlines = setTimeout(() => {
      this.#deadlines = undefined;
      const now = performance.now();
      const { deliveryTimeoutMs } = this.#options;
      const why = `sending to topic ${this.#topic} was given up after ${deliveryTimeoutMs} ms`;
      this.#giveUp(
        ({ deadline }) => deadline <= now,
        this.#missingSince === undefined ? 'timed-out' : 'unknown-topic',
        why,
      );
      this.#watchDeadlines();
    }, delay);
  }

  /** Ends sends that are not settled. What is under way of them may still arrive, before anything that is sent later. */
  #giveUp(
    isMeant: (job: Job) => boolean,
    code: ConstructorParameters<typeof RecordsUndeliveredError>[0],
    why: string,
  ): void {
    const left = new Map<Job, Entry[]>();
    for (const entry of [...this.#request, ...this.#queue]) {
      if (!isOpen(entry) || !isMeant(entry.job)) continue;
      const entries = left.get(entry.job);
      if (entries) entries.push(entry);
      else left.set(entry.job, [entry]);
    }
    this.#queue = this.#queue.filter(({ job }) => !left.has(job));
    for (const [job, entries] of left) {
      job.isOver = true;
      const recordsOf = (fate: Entry['fate']) =>
        entries.filter((entry) => entry.fate === fate).map(({ record }) => record);
      const lists = { unknown: recordsOf('unknown'), unsent: recordsOf('unsent'), refused: job.refused };
      job.reject(new RecordsUndeliveredError(code, why, lists, this.#lastFailure));
    }
  }
}

/** Whether its send still waits for it. */
function isOpen({ fate, job }: Entry): boolean {
  return fate !== 'settled' && !job.isOver;
}

function sizeOf(key: Buffer | null, value: Buffer | null, headers: readonly RecordHeader[]): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of headers) bytes += name.length + (header?.length ?? 0);
  return bytes;
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function settledWithin(work: Promise<void> | undefined, timeoutMs: number): Promise<void> {
  if (!work || timeoutMs >= longestTimer) return work;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}
