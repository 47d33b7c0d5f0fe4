import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { SchemaRegistry } from '@sluice/schema-registry';
import type { UserRecord } from '@sluice/user-schema';
import { AppProcess } from './app-process.ts';
import { avroWith } from './avro.ts';
import { CommitWatcher } from './commit-watcher.ts';
import type { Evidence, SentRecord, TopicRecord } from './evidence.ts';
import type { FaultStack } from './fault-stack.ts';
import { asLetters, asTopicRecord, type HeldRecord, identity, readHeld, readTopic } from './kafka-reading.ts';
import { Load, type LoadOptions } from './load.ts';
import { readRows, readWriteTimestamps } from './table-reading.ts';
import { until } from './until.ts';

export const partitions = 4;
const superuser = { username: 'cassandra', password: 'cassandra' };

interface Place {
  readonly letter: string;
  /** Folder of its logs. */
  readonly logDir: string;
  readonly topicConfig: Readonly<Record<string, string>>;
}

/** What one run of a scenario has for itself on services that it shares: topics, keyspace, group, processes, and a watcher. */
export class World {
  readonly services: FaultStack;
  readonly topic: string;
  readonly dlqTopic: string;
  readonly groupId: string;
  readonly keyspace: string;
  /** Straight to the services, whatever the way of the apps is. */
  readonly kafka: KafkaClient;
  readonly session: CassandraSession;
  readonly sent: SentRecord[] = [];
  readonly watcher: CommitWatcher;
  readonly #logDir: string;
  readonly #apps: AppProcess[] = [];
  readonly #loads: Load[] = [];
  readonly #toClose: (() => Promise<void>)[] = [];
  /** Records of the topic that were deleted since. */
  #deleted: readonly HeldRecord[] = [];
  readonly #adopted: TopicRecord[] = [];

  static async open(services: FaultStack, place: Place): Promise<World> {
    const session = await CassandraSession.connect({
      ...services.cassandra,
      localDataCenter: 'datacenter1',
      ...superuser,
    });
    const world = new World(services, session, place);
    try {
      await world.#createTopic(place.topicConfig);
      await world.run('stream-writer', ['migrate']);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  private constructor(services: FaultStack, session: CassandraSession, { letter, logDir }: Place) {
    const name = `faults-${letter}-${randomUUID().slice(0, 8)}`;
    this.services = services;
    this.session = session;
    this.topic = name;
    this.dlqTopic = `${name}.dlq`;
    this.groupId = name;
    this.keyspace = name.replaceAll('-', '_');
    this.kafka = new KafkaClient({ brokers: services.brokers, clientId: 'faults' });
    rmSync(logDir, { recursive: true, force: true });
    mkdirSync(logDir, { recursive: true });
    this.#logDir = logDir;
    this.watcher = new CommitWatcher({
      kafka: this.kafka,
      topic: this.topic,
      dlqTopic: this.dlqTopic,
      groupId: this.groupId,
      sent: this.sent,
      writeTimestampsOf: (keys) => this.writeTimestamps(keys),
    });
  }

  get #env(): Record<string, string> {
    const { brokers, cassandra, registryUrl } = this.services;
    return {
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.groupId,
      TOPIC_PARTITIONS: String(partitions),
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
      CASSANDRA_PORT: String(cassandra.port),
      CASSANDRA_KEYSPACE: this.keyspace,
      CASSANDRA_USERNAME: superuser.username,
      CASSANDRA_PASSWORD: superuser.password,
      SCHEMA_REGISTRY_URL: registryUrl,
    };
  }

  /** Starts one of our apps; `env` comes before what leads straight to the services. */
  start(
    app: 'stream-writer' | 'producer' | 'random-user-server',
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): AppProcess {
    const logFile = join(this.#logDir, `${app}-${this.#apps.length + 1}.log`);
    const started = new AppProcess({ app, args, env: { ...this.#env, ...env }, logFile });
    this.#apps.push(started);
    return started;
  }

  /** Starts a writer, and resolves when it has partitions. */
  async writer(env: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const writer = this.startWriter(env);
    await writer.logged('partitions assigned');
    return writer;
  }

  startWriter(env: Readonly<Record<string, string>> = {}): AppProcess {
    return this.start('stream-writer', ['serve', '--json'], env);
  }

  /** Runs a command of an app to its end. @throws where it does not exit with 0 */
  async run(
    app: 'stream-writer' | 'producer',
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<AppProcess> {
    const started = this.start(app, args, env);
    const code = await started.ended;
    if (code === 0) return started;
    const last = started.log.at(-1)?.msg ?? '';
    throw new Error(`${app} ${args.join(' ')} exited with ${String(code)}: ${last}`);
  }

  async load(options: Partial<LoadOptions> = {}): Promise<Load> {
    const load = await Load.open({
      kafka: this.kafka,
      topic: this.topic,
      sent: this.sent,
      seed: 1,
      ...options,
    });
    this.#loads.push(load);
    this.onClose(() => load.close());
    return load;
  }

  /** Registers a schema of its own, straight with the registry, and writes users with it. */
  async avro(note: string): Promise<(user: UserRecord) => Buffer> {
    const registry = new SchemaRegistry({ url: this.services.registryUrl });
    try {
      return await avroWith(registry, this.topic, note);
    } finally {
      await registry.close();
    }
  }

  /** Something that was opened for this run, to be closed at its end; the last one first. */
  onClose(close: () => Promise<void>): void {
    this.#toClose.push(close);
  }

  /** Write timestamps of the rows of these keys, us; rows that are not there are left out. */
  writeTimestamps(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return readWriteTimestamps(this.session, this.keyspace, keys);
  }

  /** Resolves when the table has these records, or newer versions. */
  async written(records: readonly SentRecord[], withinMs = 60_000): Promise<void> {
    const keys = records.flatMap(({ key }) => key ?? []);
    await until(
      `${records.length} record(s) are written`,
      async () => {
        const rows = await this.writeTimestamps(keys);
        return records.every(({ key = '', wt = 0 }) => (rows.get(key) ?? -1) >= wt);
      },
      { withinMs },
    );
  }

  /** Seconds from `since` (performance.now) until a record of each partition is written that was acknowledged after it. */
  async recovery(load: Load, since: number): Promise<number> {
    await this.written(await load.markers(partitions));
    return (performance.now() - since) / 1000;
  }

  /** Records between what is committed and the end of the topic. */
  async lag(): Promise<number> {
    const admin = await this.kafka.admin();
    try {
      const lag = await admin.lag(this.groupId, this.topic);
      return lag.reduce((sum, partition) => sum + partition.lag, 0);
    } finally {
      await admin.close();
    }
  }

  async letterCount(): Promise<number> {
    return (await readTopic(this.kafka, this.dlqTopic)).length;
  }

  /** Resolves when the group has committed everything, the watcher has seen it, and every writer that runs is ready. */
  async settled(withinMs = 90_000): Promise<void> {
    await until('the group has no lag', async () => (await this.lag()) === 0, { withinMs });
    await this.watcher.caughtUp();
    const writers = this.#apps.filter(({ isRunning }) => isRunning);
    if (writers.length === 0) throw new Error('no writer runs at the end');
    for (const writer of writers)
      await until('the writer is ready', async () => (await writer.readiness()).ready, { withinMs: 10_000 });
  }

  /** Stops what is still sent at a rate, and waits until all of it is acknowledged. */
  async quiet(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stopSteady()));
  }

  /** Keeps what the topic holds as evidence. To be called right before records of it, or all of it, are deleted. */
  async keepRecords(): Promise<void> {
    this.#deleted = await this.#records();
  }

  /** What the topic holds, and held before. */
  async #records(): Promise<readonly HeldRecord[]> {
    const records = await readHeld(this.kafka, this.topic);
    const there = new Set(records.map(identity));
    return [...this.#deleted.filter((record) => !there.has(identity(record))), ...records];
  }

  /** Takes a record for acknowledged that an app of ours has sent, so that it carries no number; `at` where it is in the topic. */
  adopt(sent: Omit<SentRecord, 'id' | 'acknowledged'>, at?: Omit<TopicRecord, 'id'>): void {
    const id = this.sent.length;
    this.sent.push({ ...sent, id, acknowledged: true });
    if (at)
      this.#adopted.push({
        ...{ id, topicId: at.topicId },
        ...{ partition: at.partition, offset: at.offset, timestamp: at.timestamp },
      });
  }

  /** All that the oracle judges by, as it is now. */
  async evidence(): Promise<Evidence> {
    const source = await this.#records();
    const adopted = new Set(this.#adopted.map(({ partition, offset }) => `${partition}@${offset}`));
    return {
      sent: this.sent,
      topic: [
        ...source
          .filter(({ record }) => !adopted.has(`${record.partition}@${record.offset}`))
          .map(asTopicRecord),
        ...this.#adopted,
      ],
      letters: asLetters(await readTopic(this.kafka, this.dlqTopic), source),
      rows: await readRows(this.session, this.keyspace),
      disruptions: this.watcher.disruptions,
    };
  }

  /** Ends every process and forgets the data. */
  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.kill()));
    for (const close of this.#toClose.reverse()) await close().catch(() => undefined);
    await this.watcher.stop();
    await this.#drop().catch(() => undefined);
    await this.session.close();
  }

  async #createTopic(config: Readonly<Record<string, string>>): Promise<void> {
    if (Object.keys(config).length === 0) return;
    const admin = await this.kafka.admin();
    const replicationFactor = Math.min(3, await admin.brokerCount());
    await admin.createTopic({ topic: this.topic, partitions, replicationFactor, config });
    await admin.close();
  }

  async #drop(): Promise<void> {
    await this.session.query(`DROP KEYSPACE IF EXISTS ${this.keyspace}`, [], { timeoutMs: 60_000 });
    const admin = await this.kafka.admin();
    const topics = await admin.topics();
    for (const topic of [this.topic, this.dlqTopic])
      if (topics.includes(topic)) await admin.deleteTopic(topic);
    await admin.close();
  }
}
