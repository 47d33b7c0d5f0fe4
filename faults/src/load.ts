import {
  type Compression,
  HybridClock,
  type KafkaClient,
  type ProducerRecord,
  type RecordHeader,
  type RecordProducer,
  sluiceHeaders,
} from '@sluice/kafka-client';
import { jsonEncoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import type { SentRecord } from './evidence.ts';
import { mulberry32 } from './random.ts';
import { elapsed } from './until.ts';
import { userOf, uuidOf } from './user.ts';

/** Carries the number of the record; like every header that is not its own, Sluice leaves it alone. */
export const idHeader = 'faults.id';

export interface LoadOptions {
  readonly kafka: KafkaClient;
  readonly topic: string;
  /** Gets every record before it is sent. */
  readonly sent: SentRecord[];
  readonly seed: number;
  /** Users that are updated and deleted again and again. Default 200. */
  readonly users?: number;
  /** Of the batches that are sent. Default: none. */
  readonly compression?: Compression;
  /** Default: JSON. */
  readonly encode?: (user: UserRecord) => Buffer;
}

/** A record that is not of the mix. */
export interface SpecialRecord {
  /** Number of the user; default: a new one. */
  readonly user?: number;
  /** In place of the encoded user; null deletes. */
  readonly value?: Buffer | null;
  /** In place of the user's uuid. */
  readonly key?: Buffer | null;
  readonly headers?: readonly RecordHeader[];
  /** Fields in place of the user's. */
  readonly fields?: Partial<UserRecord>;
  /** us; null: without the header. Default: the present. */
  readonly wt?: number | null;
  /** Code of the dead letter that it has to become. */
  readonly letter?: string;
  readonly partition?: number;
  readonly timestamp?: number;
}

interface Outgoing {
  readonly sent: SentRecord;
  readonly record: ProducerRecord;
}

/** Users of markers and special records begin here, so that the mix does not touch them. */
const firstSpecialUser = 1_000_000;
/** One for all: two clocks could give two records of one user the same time, and neither would be the newer one. */
const clock = new HybridClock();
const json = jsonEncoder<UserRecord>(userRecordSchema);

/** A producer whose records are the same for the same seed, and which remembers what Kafka has acknowledged. */
export class Load {
  readonly #options: LoadOptions;
  readonly #producer: RecordProducer;
  readonly #random: () => number;
  readonly #encode: (user: UserRecord) => Buffer;
  readonly #versions = new Map<number, number>();
  readonly #sending = new Set<Promise<void>>();
  #isSteady = false;
  #steady: Promise<void> = Promise.resolve();

  static async open(options: LoadOptions): Promise<Load> {
    const { kafka, compression = 'none' } = options;
    return new Load(options, await kafka.producer({ compression, deliveryTimeoutMs: Infinity }));
  }

  private constructor(options: LoadOptions, producer: RecordProducer) {
    this.#options = options;
    this.#producer = producer;
    this.#random = mulberry32(options.seed);
    this.#encode = options.encode ?? ((user) => json.encode(user));
  }

  /** Sends so many updates and deletes of the users, and waits until all are acknowledged. */
  async burst(count: number): Promise<void> {
    await this.#send(Array.from({ length: count }, () => this.#ofMix()));
  }

  /** Sends records that are made on purpose, and waits until all are acknowledged. */
  async send(...records: readonly SpecialRecord[]): Promise<readonly SentRecord[]> {
    const outgoing = records.map((record) => this.#special(record));
    await this.#send(outgoing);
    return outgoing.map(({ sent }) => sent);
  }

  /** One record of a user of its own to each partition, acknowledged. */
  markers(partitions: number): Promise<readonly SentRecord[]> {
    return this.send(...Array.from({ length: partitions }, (_, partition) => ({ partition })));
  }

  /** Sends updates and deletes at a rate until told to stop; what is not acknowledged yet does not hold up what comes next. */
  startSteady(perSecond: number): void {
    this.#isSteady = true;
    const ticks = 10;
    const run = async () => {
      while (this.#isSteady) {
        const sending = this.burst(Math.ceil(perSecond / ticks)).finally(() => this.#sending.delete(sending));
        this.#sending.add(sending);
        await elapsed(1000 / ticks);
      }
      await Promise.all(this.#sending);
    };
    this.#steady = run();
    this.#steady.catch(() => undefined);
  }

  /** Resolves when all that was sent at a rate is acknowledged; at once where nothing was. */
  stopSteady(): Promise<void> {
    this.#isSteady = false;
    return this.#steady;
  }

  async close(): Promise<void> {
    this.#isSteady = false;
    await this.#producer.close({ timeoutMs: 0 });
    await this.#steady.catch(() => undefined);
  }

  #ofMix(): Outgoing {
    const user = Math.floor(this.#random() * (this.#options.users ?? 200));
    return this.#special(this.#random() < 0.15 ? { user, value: null } : { user });
  }

  #special(special: SpecialRecord): Outgoing {
    const { sent: all } = this.#options;
    const id = all.length;
    const number = special.user ?? firstSpecialUser + id;
    const version = (this.#versions.get(number) ?? 0) + 1;
    this.#versions.set(number, version);
    const user: UserRecord = { ...userOf(number, version), ...special.fields };
    const wt = special.wt === undefined ? clock.next() : (special.wt ?? undefined);
    const value = special.value === undefined ? this.#encode(user) : special.value;
    const key = special.key === undefined ? Buffer.from(uuidOf(number)) : special.key;
    const isDelete = special.value === null;
    const sent: SentRecord = {
      id,
      key: uuidOf(number),
      kind: isDelete ? 'delete' : 'upsert',
      columns: isDelete ? {} : columnsOf(user),
      wt,
      letter: special.letter,
      acknowledged: false,
    };
    all.push(sent);
    const headers: RecordHeader[] = [[idHeader, Buffer.from(String(id))], ...(special.headers ?? [])];
    if (wt !== undefined) headers.push([sluiceHeaders.writeTimestamp, Buffer.from(String(wt))]);
    const { partition, timestamp } = special;
    return {
      sent,
      record: {
        key,
        value,
        headers,
        ...(partition !== undefined && { partition }),
        ...(timestamp !== undefined && { timestamp }),
      },
    };
  }

  async #send(outgoing: readonly Outgoing[]): Promise<void> {
    await this.#producer.send(
      this.#options.topic,
      outgoing.map(({ record }) => record),
    );
    for (const { sent } of outgoing) sent.acknowledged = true;
  }
}

/** The columns of a user's row, worked out here once more: not by the code that is tried. */
function columnsOf(user: UserRecord): Record<string, unknown> {
  const names = [user.first_name, user.last_name].filter((name) => name !== null);
  return {
    ...user,
    full_name: names.length === 0 ? null : names.join(' '),
    email_domain: user.email?.split('@').at(-1)?.toLowerCase() ?? null,
  };
}
