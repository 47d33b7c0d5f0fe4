import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsumedRecord, KafkaClient } from '@sluice/kafka-client';
import { SchemaRegistry } from '@sluice/schema-registry';
import { BackgroundProcess } from './background-process.ts';

export const brokers = process.env.KAFKA_BROKERS ?? '';
export const registryUrl = process.env.SCHEMA_REGISTRY_URL ?? '';

/** Topics and a subject of its own on the real Kafka and registry, a source that can fail, and a folder; gone at the end. */
export class ProducerFixture {
  readonly topic = `users-${randomUUID()}`;
  readonly deadLetterTopic = `${this.topic}.dlq`;
  readonly subject = `${this.topic}-value`;
  readonly registry = new SchemaRegistry({ url: registryUrl });
  readonly folder: string;
  readonly sourceUrl: string;
  readonly #kafka = new KafkaClient({ brokers: brokers.split(','), clientId: 'producer-tests' });
  readonly #source: BackgroundProcess;
  readonly #producers: BackgroundProcess[] = [];

  /** @param topicConfig of the two topics, by their names in Kafka */
  static async create({
    topicConfig = {},
    deadLetterTopicConfig = {},
  }: {
    readonly topicConfig?: Readonly<Record<string, string>>;
    readonly deadLetterTopicConfig?: Readonly<Record<string, string>>;
  } = {}): Promise<ProducerFixture> {
    const source = new BackgroundProcess('random-user-server', [
      ...['serve', '--port', '0', '--faults', '--json'],
    ]);
    const { url } = JSON.parse(await source.firstLine()) as { url: string };
    const fixture = new ProducerFixture(source, url, await mkdtemp(join(tmpdir(), 'producer-')));
    const size = { partitions: 2, replicationFactor: 1 };
    await fixture.#withAdmin(async (admin) => {
      await admin.createTopic({ topic: fixture.topic, ...size, config: topicConfig });
      await admin.createTopic({ topic: fixture.deadLetterTopic, ...size, config: deadLetterTopicConfig });
    });
    await fixture.registry.setCompatibility('BACKWARD_TRANSITIVE', fixture.subject);
    return fixture;
  }

  private constructor(source: BackgroundProcess, url: string, folder: string) {
    this.#source = source;
    this.sourceUrl = url;
    this.folder = folder;
  }

  /** Starts the producer on the topic and the source. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): BackgroundProcess {
    const producer = new BackgroundProcess('producer', args, {
      KAFKA_BROKERS: brokers,
      KAFKA_TOPIC: this.topic,
      SOURCE_URL: this.sourceUrl,
      SOURCE_RATE_LIMIT: 'none',
      METRICS_PORT: '0',
      SCHEMA_REGISTRY_URL: registryUrl,
      ...env,
    });
    this.#producers.push(producer);
    return producer;
  }

  /** Plans a fault for the next requests to the source. */
  async plan(fault: object): Promise<void> {
    const response = await fetch(new URL('/faults', this.sourceUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Faults that the source has given, by kind. */
  async faultsGiven(): Promise<Readonly<Record<string, number>>> {
    const response = await fetch(new URL('/faults', this.sourceUrl));
    return ((await response.json()) as { given: Record<string, number> }).given;
  }

  /** Everything in the topic, or in the one of the dead letters. */
  async records(topic = this.topic): Promise<readonly ConsumedRecord[]> {
    const offsets = await this.#withAdmin((admin) => admin.offsets(topic));
    const expected = offsets.reduce((sum, { end }) => sum + end, 0);
    const records: ConsumedRecord[] = [];
    if (expected === 0) return records;
    const groupId = `g-${topic}`;
    await new Promise<void>((resolve, reject) => {
      const all = this.#kafka.consumer(
        { topic, groupId },
        {
          assigned: () => undefined,
          batch: (batch) => {
            records.push(...batch.records);
            if (records.length >= expected)
              void all.then((consumer) => consumer.stop()).then(resolve, reject);
            return Promise.resolve();
          },
          failed: reject,
        },
      );
      all.catch(reject);
    });
    return records;
  }

  async remove(): Promise<void> {
    for (const process of [...this.#producers, this.#source]) process.kill('SIGKILL');
    await Promise.all([...this.#producers, this.#source].map(({ ended }) => ended));
    await this.#withAdmin(async (admin) => {
      await admin.deleteTopic(this.topic);
      await admin.deleteTopic(this.deadLetterTopic);
    });
    await this.registry.close();
    await rm(this.folder, { recursive: true });
  }

  async #withAdmin<T>(use: (admin: Awaited<ReturnType<KafkaClient['admin']>>) => Promise<T>): Promise<T> {
    const admin = await this.#kafka.admin();
    return use(admin).finally(() => admin.close());
  }
}
