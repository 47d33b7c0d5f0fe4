import type { ICustomPartitioner, Message, Producer } from 'kafkajs';
import { KafkaError, toKafkaError } from './errors.ts';
import { compressionTypes } from './compression.ts';
import { withHeaderList } from './kafkajs-records.ts';
import type { ProducerOptions } from './options.ts';
import type { ProducerRecord, RecordHeader } from './record.ts';
import { sluiceHeaders } from './sluice-headers.ts';

type Partitioner = ReturnType<ICustomPartitioner>;

interface Entry {
  readonly topic: string;
  readonly record: ProducerRecord;
  readonly message: Message;
  readonly bytes: number;
  readonly job: Job;
}

interface Job {
  unsettled: number;
  readonly refused: { record: ProducerRecord; error: KafkaError }[];
  readonly resolve: () => void;
  readonly reject: (error: KafkaError) => void;
}

/** Some records of a send cannot be sent, mostly for their own content; the others were acknowledged. */
export class RecordsRefusedError extends KafkaError {
  override readonly name = 'RecordsRefusedError';
  readonly refused: readonly { readonly record: ProducerRecord; readonly error: KafkaError }[];

  constructor(refused: RecordsRefusedError['refused']) {
    super('record-refused', `${refused.length} record(s) refused: ${refused[0]?.error.message ?? ''}`, {
      cause: refused[0]?.error,
    });
    this.refused = refused;
  }
}

/**
 * Producer with acks=all and idempotence that sends what it is given, in order, one request at a time.
 *
 * One unsettled request at a time, retries included, is what makes kafkajs' idempotence hold: after a lost acknowledgement it
 * gives the sequence back before it repeats, and a second request in flight could take it. An error that kafkajs gives up on
 * ends that producer: a new one, with a new producer id, sends the same records again with the same timestamps. Such records can
 * be in the topic twice, never zero times, and the write timestamp in their header makes the second one harmless.
 */
export class RecordProducer {
  readonly #options: Required<Pick<ProducerOptions, 'maxRequestBytes' | 'maxRequestRecords'>> &
    ProducerOptions;
  readonly #partitioner: Partitioner;
  readonly #create: (partitioner: ICustomPartitioner) => Producer;
  /**
   * Partition of each message of the request under way. A repeated attempt must not move a record, one without a key or one whose
   * topic got partitions in between: two copies of a record in one partition have an order, in two they have none.
   */
  readonly #chosen = new Map<Message, number>();
  readonly #queue: Entry[] = [];
  #producer: Producer;
  #connected = false;
  #working: Promise<void> | undefined;
  #closed = false;

  /** Internal: use `KafkaClient.producer`. */
  static async open(
    options: ProducerOptions,
    partitioner: Partitioner,
    create: (partitioner: ICustomPartitioner) => Producer,
  ): Promise<RecordProducer> {
    const producer = new RecordProducer(options, partitioner, create);
    const error = await producer.#connect();
    if (!error) return producer;
    await producer.#disconnect();
    throw error;
  }

  private constructor(
    options: ProducerOptions,
    partitioner: Partitioner,
    create: (partitioner: ICustomPartitioner) => Producer,
  ) {
    this.#options = { maxRequestBytes: 512 * 1024, maxRequestRecords: 2_000, ...options };
    this.#partitioner = partitioner;
    this.#create = create;
    this.#producer = this.#newProducer();
  }

  /**
   * Sends records of one topic, in order. Resolves once every in-sync replica has each of them. While brokers are away it
   * goes on trying until {@link close}.
   *
   * @throws RecordsRefusedError naming the records that the broker refuses for their content; the others are acknowledged
   * @throws KafkaError `closed` when the producer is closed before that
   */
  send(topic: string, records: readonly ProducerRecord[]): Promise<void> {
    if (this.#closed) return Promise.reject(closedError(records.length));
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const job: Job = { unsettled: records.length, refused: [], resolve, reject };
      const now = Date.now();
      const entries = records.map((record) => this.#entry(topic, record, now, job));
      for (const entry of entries) this.#queue.push(entry);
      this.#working ??= this.#work();
    });
  }

  /**
   * Sends what is waiting, then disconnects. What is not acknowledged after `timeoutMs` (default: no limit) is given up:
   * its send() fails with `closed`.
   */
  async close({ timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    await settledWithin(this.#working ?? Promise.resolve(), timeoutMs);
    this.#closed = true;
    const abandoned = this.#queue.splice(0);
    for (const job of new Set(abandoned.map((entry) => entry.job))) job.reject(closedError(job.unsettled));
    await this.#disconnect();
  }

  #entry(topic: string, record: ProducerRecord, now: number, job: Job): Entry {
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
    return { topic, record, message, bytes: sizeOf(record.key, record.value, headers), job };
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#closed) {
      const request = this.#nextRequest();
      await this.#sendAll(request);
    }
    this.#working = undefined;
    // An attempt that was under way when close() gave it up may have connected again.
    if (this.#closed) await this.#disconnect();
  }

  /** The entries at the head of the queue that fit into one request. */
  #nextRequest(): Entry[] {
    const { maxRequestBytes, maxRequestRecords } = this.#options;
    const topic = this.#queue[0]?.topic;
    let bytes = 0;
    let count = 0;
    for (const entry of this.#queue) {
      if (count === maxRequestRecords || entry.topic !== topic) break;
      if (count > 0 && bytes + entry.bytes > maxRequestBytes) break;
      bytes += entry.bytes;
      count += 1;
    }
    return this.#queue.slice(0, count);
  }

  async #sendAll(entries: readonly Entry[]): Promise<void> {
    for (let failures = 0; !this.#closed; failures += 1) {
      const error = await this.#attempt(entries);
      if (this.#closed) return;
      if (!error) {
        this.#settle(entries);
        return;
      }
      await this.#renew();
      // An error that is neither known to be about the records nor to pass by is believed when it comes a third time.
      if (error.code === 'record-refused' || (!error.retryable && failures >= 2)) {
        await this.#isolate(entries, error);
        return;
      }
      this.#options.onRetry?.(error);
      await elapsed(Math.min(100 * 2 ** failures, 2_000));
    }
  }

  /** A refused record takes its whole request with it: halve until it is alone, so that the others arrive. */
  async #isolate(entries: readonly Entry[], error: KafkaError): Promise<void> {
    const [only] = entries;
    if (entries.length === 1 && only) {
      only.job.refused.push({ record: only.record, error });
      this.#settle(entries);
      return;
    }
    const middle = Math.ceil(entries.length / 2);
    await this.#sendAll(entries.slice(0, middle));
    await this.#sendAll(entries.slice(middle));
  }

  async #attempt(entries: readonly Entry[]): Promise<KafkaError | undefined> {
    const topic = entries[0]?.topic ?? '';
    const error = await this.#connect();
    if (error) return error;
    try {
      const acknowledged = await this.#producer.send({
        topic,
        acks: -1,
        compression: compressionTypes[this.#options.compression ?? 'none'],
        messages: entries.map(({ message }) => message),
      });
      // When a leader moves between two attempts, kafkajs can report success without having sent its partitions.
      const partitions = new Set(acknowledged.map(({ partition }) => partition));
      const chosen = entries.flatMap(({ message }) => this.#chosen.get(message) ?? []);
      if (chosen.every((partition) => partitions.has(partition))) return undefined;
      return new KafkaError('protocol', `sending to ${topic}: a partition was not acknowledged`, {
        retryable: true,
      });
    } catch (error) {
      return toKafkaError(error, `sending ${entries.length} record(s) to topic ${topic}`);
    }
  }

  #settle(entries: readonly Entry[]): void {
    this.#queue.splice(0, entries.length);
    for (const { job, message } of entries) {
      this.#chosen.delete(message);
      job.unsettled -= 1;
      if (job.unsettled > 0) continue;
      if (job.refused.length > 0) job.reject(new RecordsRefusedError(job.refused));
      else job.resolve();
    }
  }

  /**
   * Connects the producer where it is not. A kafkajs producer sends even when it could not get its producer id, and then
   * without idempotence: nothing is sent before this has succeeded.
   */
  async #connect(): Promise<KafkaError | undefined> {
    if (this.#connected) return undefined;
    try {
      await this.#producer.connect();
      this.#connected = true;
      return undefined;
    } catch (error) {
      const { code, message } = toKafkaError(error, 'connecting the producer');
      return new KafkaError(code, message, { retryable: true, cause: error });
    }
  }

  /** After an error that surfaced, the sequence of the old producer can no longer be trusted. */
  async #renew(): Promise<void> {
    await this.#disconnect();
    this.#producer = this.#newProducer();
    this.#connected = false;
  }

  async #disconnect(): Promise<void> {
    await this.#producer
      .disconnect()
      .catch((error: unknown) => this.#options.onRetry?.(toKafkaError(error, 'disconnecting the producer')));
  }

  #newProducer(): Producer {
    return this.#create(() => (args) => {
      const known = this.#chosen.get(args.message);
      // a topic that was made anew may have fewer
      const isThere = args.partitionMetadata.some(({ partitionId }) => partitionId === known);
      if (known !== undefined && isThere) return known;
      const partition = this.#partitioner(args);
      this.#chosen.set(args.message, partition);
      return partition;
    });
  }
}

function sizeOf(key: Buffer | null, value: Buffer | null, headers: readonly RecordHeader[]): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of headers) bytes += name.length + (header?.length ?? 0);
  return bytes;
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function settledWithin(work: Promise<void>, timeoutMs: number | undefined): Promise<void> {
  if (timeoutMs === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}

function closedError(records: number): KafkaError {
  return new KafkaError('closed', `the producer was closed with ${records} record(s) not acknowledged`, {
    retryable: true,
  });
}
