import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import {
  CassandraSession,
  migrate,
  tableFromSchema,
  TableRepository,
  TableWriter,
} from '@sluice/cassandra-repository';
import {
  type BatchConsumer,
  deadLetterHeaders,
  KafkaClient,
  lastHeader,
  type ConsumedRecord,
  type OffsetToCommit,
  type OutOfRangePolicy,
  type RecordHeaders,
} from '@sluice/kafka-client';
import { parseSchema } from '@sluice/record-schema';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { type PipelineOptions, recordDecoder, StreamPipeline } from '../src/index.ts';

/** A contract that has nothing to do with users. */
export interface Item {
  readonly id: string;
  readonly name: string | null;
  readonly amount: number | null;
}

const itemSchema = parseSchema({
  type: 'record',
  name: 'Item',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'name', type: ['null', 'string'], default: null },
    { name: 'amount', type: ['null', 'int'], default: null, minimum: 0 },
  ],
});

/** A topic, its dead letters, a table and a group of their own on the real services, dropped at the end. */
export class ItemFixture {
  readonly topic = `items-${randomUUID()}`;
  readonly dlqTopic = `${this.topic}.dlq`;
  readonly keyspace = `items_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  readonly kafka = new KafkaClient({
    brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
    clientId: 'engine-tests',
  });
  readonly session: CassandraSession;
  readonly table = tableFromSchema(itemSchema, {
    keyspace: this.keyspace,
    table: 'items',
    partitionKey: ['id'],
  });

  /** @param maxLetterBytes what the topic of the dead letters takes at most */
  static async create({ partitions = 2, maxLetterBytes = 2_000_000 } = {}): Promise<ItemFixture> {
    const session = await CassandraSession.connect({
      contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
      port: Number(process.env.CASSANDRA_PORT),
      localDataCenter: 'datacenter1',
    });
    const fixture = new ItemFixture(session);
    await migrate(session, [fixture.table]);
    const admin = await fixture.kafka.admin();
    await admin.createTopic({ topic: fixture.topic, partitions, replicationFactor: 1 });
    await admin.createTopic({
      topic: fixture.dlqTopic,
      partitions,
      replicationFactor: 1,
      config: { 'max.message.bytes': String(maxLetterBytes) },
    });
    await admin.close();
    return fixture;
  }

  private constructor(session: CassandraSession) {
    this.session = session;
  }

  async pipeline(
    overrides: Partial<
      Pick<
        PipelineOptions<Item>,
        | 'sink'
        | 'metrics'
        | 'maxInFlightBytes'
        | 'maxDeadLetterBytes'
        | 'commitIntervalMs'
        | 'shutdownTimeoutMs'
        | 'maxHeldMs'
        | 'deadLetters'
      >
    > & { outOfRange?: OutOfRangePolicy } = {},
  ) {
    return new StreamPipeline<Item>({
      source: {
        kafka: this.kafka,
        topic: this.topic,
        groupId: this.topic,
        outOfRange: overrides.outOfRange ?? 'fail',
      },
      decode: recordDecoder<Item>(itemSchema, { key: 'id' }),
      sink: overrides.sink ?? (await TableWriter.open<Item>(this.session, this.table)),
      deadLetters: { topic: this.dlqTopic },
      metrics: createPipelineMetrics({ pipeline: this.topic }),
      logger: createLogger({ name: 'engine-tests', level: 'silent' }),
      ...overrides,
    });
  }

  async send(
    ...records: {
      key?: string | null;
      value: string | Buffer | null;
      timestamp?: number;
      partition?: number;
      headers?: RecordHeaders;
    }[]
  ) {
    const producer = await this.kafka.producer();
    await producer.send(
      this.topic,
      records.map(({ key = null, value, ...rest }) => ({
        key: key === null ? null : Buffer.from(key),
        value: typeof value === 'string' ? Buffer.from(value) : value,
        ...rest,
      })),
    );
    await producer.close();
  }

  /** Deletes the topic, and creates one of the same name beside its dead letters. */
  async recreateTopic({ partitions = 2 } = {}): Promise<void> {
    const { topic } = this;
    const admin = await this.kafka.admin();
    await admin.deleteTopic(topic);
    await vi.waitFor(async () => expect(await admin.topics()).not.toContain(topic), { timeout: 10_000 });
    // With ZooKeeper the old one is still being deleted when nobody sees it any more.
    const again = { topic, partitions, replicationFactor: 1 };
    await vi.waitFor(async () => expect(await admin.createTopic(again)).toBe(true), { timeout: 30_000 });
    await admin.close();
  }

  async rows(): Promise<Item[]> {
    const repository = await TableRepository.open<Item>(this.session, this.table);
    const rows: Item[] = [];
    for await (const row of repository.rows()) rows.push(row);
    return rows.sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
  }

  /** Code and source position of every dead letter, and the letters themselves. */
  async letters(): Promise<{ code: string; stage: string; source: string; letter: ConsumedRecord }[]> {
    const admin = await this.kafka.admin();
    const ends = await admin.offsets(this.dlqTopic);
    await admin.close();
    const expected = ends.reduce((sum, { end }) => sum + end, 0);
    const letters: ConsumedRecord[] = [];
    if (expected > 0) {
      let consumer: BatchConsumer | undefined;
      await new Promise<void>((resolve, reject) => {
        void this.kafka
          .consumer(
            { topic: this.dlqTopic, groupId: `reader-${randomUUID()}` },
            {
              assigned: () => undefined,
              batch: (batch) => {
                letters.push(...batch.records);
                if (letters.length >= expected) resolve();
                return Promise.resolve();
              },
              failed: reject,
            },
          )
          .then((opened) => (consumer = opened), reject);
      });
      await consumer?.stop();
    }
    const header = (letter: ConsumedRecord, name: string) =>
      lastHeader(letter.headers, name)?.toString() ?? '';
    return letters.map((letter) => ({
      letter,
      code: header(letter, deadLetterHeaders.errorCode),
      stage: header(letter, deadLetterHeaders.stage),
      source: `${header(letter, deadLetterHeaders.sourcePartition)}/${header(letter, deadLetterHeaders.sourceOffset)}`,
    }));
  }

  async lag(): Promise<number> {
    const admin = await this.kafka.admin();
    const lag = await admin.lag(this.topic, this.topic);
    await admin.close();
    return lag.reduce((sum, partition) => sum + partition.lag, 0);
  }

  /** Commits for the pipeline's group, as one of its members. */
  async commit(offset: OffsetToCommit): Promise<void> {
    let consumer: BatchConsumer | undefined;
    const assigned = new Promise<number>((resolve, reject) => {
      void this.kafka
        .consumer(
          { topic: this.topic, groupId: this.topic },
          {
            assigned: ({ epoch }) => {
              resolve(epoch);
            },
            batch: () => Promise.resolve(),
            failed: reject,
          },
        )
        .then((opened) => (consumer = opened), reject);
    });
    const epoch = await assigned;
    await vi.waitFor(async () => expect(await consumer?.commit(epoch, [offset])).toBe('committed'), {
      timeout: 20_000,
    });
    await consumer?.stop();
  }

  async drop(): Promise<void> {
    await this.session.query(`DROP KEYSPACE IF EXISTS ${this.keyspace}`);
    await this.session.close();
    const admin = await this.kafka.admin();
    for (const topic of [this.topic, this.dlqTopic]) await admin.deleteTopic(topic);
    await admin.close();
  }
}

export function item(number: number, overrides: Partial<Item> = {}): { key: string; value: string } {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { key: id, value: JSON.stringify({ id, name: `item ${number}`, amount: number, ...overrides }) };
}
