import { randomUUID } from 'node:crypto';
import { CassandraSession } from '@sluice/cassandra-repository';
import {
  type ConsumedRecord,
  deadLetterHeaders,
  KafkaClient,
  lastHeader,
  type PartitionLag,
  type ProducerRecord,
} from '@sluice/kafka-client';
import { WriterProcess } from './writer-process.ts';

interface Letter {
  readonly code: string;
  readonly record: ConsumedRecord;
}

/** A topic, its dead letters, a keyspace and a group of their own on the real services, dropped at the end. */
export class WriterFixture {
  readonly topic = `users-${randomUUID()}`;
  readonly dlqTopic = `${this.topic}.dlq`;
  readonly groupId = `group-${this.topic}`;
  readonly keyspace = `users_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  readonly kafka = new KafkaClient({
    brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
    clientId: 'writer-tests',
  });
  readonly session: CassandraSession;
  readonly #processes: WriterProcess[] = [];

  static async create(): Promise<WriterFixture> {
    return new WriterFixture(
      await CassandraSession.connect({
        contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
        port: Number(process.env.CASSANDRA_PORT),
        localDataCenter: process.env.CASSANDRA_LOCAL_DATACENTER ?? 'datacenter1',
      }),
    );
  }

  private constructor(session: CassandraSession) {
    this.session = session;
  }

  get env(): Record<string, string | undefined> {
    const {
      KAFKA_BROKERS,
      CASSANDRA_CONTACT_POINTS,
      CASSANDRA_PORT,
      CASSANDRA_LOCAL_DATACENTER,
      SCHEMA_REGISTRY_URL,
    } = process.env;
    return {
      KAFKA_BROKERS,
      CASSANDRA_CONTACT_POINTS,
      CASSANDRA_PORT,
      CASSANDRA_LOCAL_DATACENTER,
      SCHEMA_REGISTRY_URL,
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.groupId,
      CASSANDRA_KEYSPACE: this.keyspace,
    };
  }

  start(
    command: string,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = ['--json'],
    program?: string,
  ): WriterProcess {
    const writer = new WriterProcess([command, ...args], { ...this.env, ...env }, program);
    this.#processes.push(writer);
    return writer;
  }

  /** Runs a command to its end. */
  async run(
    command: string,
    env?: Readonly<Record<string, string>>,
    args?: readonly string[],
    program?: string,
  ) {
    const writer = this.start(command, env, args, program);
    const code = await writer.ended;
    return { code, writer };
  }

  async migrated(): Promise<this> {
    const { code, writer } = await this.run('migrate');
    if (code !== 0) {
      await this.drop();
      throw new Error(`migrate exited with ${String(code)}: ${writer.messages}`);
    }
    return this;
  }

  async send(records: readonly ProducerRecord[]): Promise<void> {
    const producer = await this.kafka.producer();
    await producer.send(this.topic, records);
    await producer.close();
  }

  async rowCount(): Promise<number> {
    return (await this.rows('uuid')).length;
  }

  async rows(columns = '*'): Promise<Record<string, unknown>[]> {
    return (await this.session.query(`SELECT ${columns} FROM ${this.keyspace}.user_records`)).rows;
  }

  async lag(): Promise<readonly PartitionLag[]> {
    const admin = await this.kafka.admin();
    const lag = await admin.lag(this.groupId, this.topic);
    await admin.close();
    return lag;
  }

  /** Records that were ever sent to the topic. */
  async produced(): Promise<number> {
    return (await this.lag()).reduce((sum, { end }) => sum + end, 0);
  }

  async totalLag(): Promise<number> {
    return (await this.lag()).reduce((sum, { lag }) => sum + lag, 0);
  }

  async letters(): Promise<Letter[]> {
    return (await this.#recordsOf(this.dlqTopic)).map((record) => ({
      record,
      code: lastHeader(record.headers, deadLetterHeaders.errorCode)?.toString() ?? '',
    }));
  }

  /** What the topic holds. */
  sourceRecords(): Promise<ConsumedRecord[]> {
    return this.#recordsOf(this.topic);
  }

  async #recordsOf(topic: string): Promise<ConsumedRecord[]> {
    const admin = await this.kafka.admin();
    const offsets = await admin.offsets(topic);
    await admin.close();
    const ranges = new Map(offsets.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]));
    const records: ConsumedRecord[] = [];
    for await (const batch of this.kafka.read({ topic, ranges })) records.push(...batch.records);
    return records;
  }

  async drop(): Promise<void> {
    for (const writer of this.#processes) if (writer.running) writer.kill('SIGKILL');
    await Promise.all(this.#processes.map(({ ended }) => ended));
    await this.session.query(`DROP KEYSPACE IF EXISTS ${this.keyspace}`, [], { timeoutMs: 60_000 });
    await this.session.close();
    const admin = await this.kafka.admin();
    const topics = await admin.topics();
    for (const topic of [this.topic, this.dlqTopic])
      if (topics.includes(topic)) await admin.deleteTopic(topic);
    await admin.close();
  }
}
