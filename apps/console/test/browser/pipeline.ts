import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient, type ProducerRecord } from '@sluice/kafka-client';
import { SchemaRegistry } from '@sluice/schema-registry';
import { Program } from '../program.ts';

export const VIEWER_TOKEN = 'walks-viewer-token-0001';
export const OPERATOR_TOKEN = 'walks-operator-token-0001';

/** The pipeline and the console on topics, a group and a keyspace of their own. */
export class Pipeline {
  readonly topic: string;
  readonly group: string;
  readonly keyspace: string;
  readonly kafka: KafkaClient;
  readonly #env: NodeJS.ProcessEnv;
  readonly #stateDir: string;
  readonly #more: string[] = [];
  #source: Program | undefined;
  #producer: Program | undefined;
  #writer: Program | undefined;
  #console: Program | undefined;
  #blindConsole: Program | undefined;
  #url = '';

  static async start(): Promise<Pipeline> {
    const [producerPort, writerPort] = [await freePort(), await freePort()];
    const pipeline = new Pipeline(producerPort, writerPort, await mkdtemp(join(tmpdir(), 'sluice-walks-')));
    await pipeline.#start();
    return pipeline;
  }

  private constructor(producerPort: number, writerPort: number, stateDir: string) {
    const name = `walks_${Date.now().toString(36)}`;
    this.topic = name;
    this.group = `${name}-writer`;
    this.keyspace = name;
    this.#stateDir = stateDir;
    this.kafka = new KafkaClient({
      brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
      clientId: 'walks',
    });
    this.#env = {
      KAFKA_TOPIC: this.topic,
      KAFKA_GROUP_ID: this.group,
      CASSANDRA_KEYSPACE: this.keyspace,
      LOG_LEVEL: 'warn',
      SHUTDOWN_TIMEOUT: '5s',
      PRODUCER_URLS: `http://127.0.0.1:${producerPort}`,
      WRITER_URLS: `http://127.0.0.1:${writerPort}`,
      SOURCE_PAGE_SIZE: '10',
      SOURCE_RATE_LIMIT: '20/1s',
      CONSOLE_PORT: '0',
      CONSOLE_STATE_DIR: stateDir,
      CONSOLE_VIEWER_TOKEN: VIEWER_TOKEN,
      CONSOLE_OPERATOR_TOKEN: OPERATOR_TOKEN,
      PRODUCER_PORT: String(producerPort),
      WRITER_PORT: String(writerPort),
    };
  }

  /** Of the console. */
  get url(): string {
    return this.#url;
  }

  async #start(): Promise<void> {
    await this.#run('stream-writer', ['migrate']);
    this.#source = new Program('random-user-server', ['serve', '--port', '0', '--json'], this.#env);
    const { url } = await this.#source.announcement();
    this.#env.SOURCE_URL = sourceOf(String(url));
    await this.produce(200);
    await this.registerNextSchema();
    this.startWriter();
    await this.startConsole();
  }

  /** Publishes so many users and waits for their acknowledgement. */
  async produce(count: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.#run('producer', ['run', '--count', String(count)], {
      SOURCE_RATE_LIMIT: 'none',
      METRICS_PORT: '0',
      ...env,
    });
  }

  startProducer(): void {
    this.#producer = new Program('producer', ['serve'], {
      ...this.#env,
      METRICS_PORT: this.#env.PRODUCER_PORT,
    });
  }

  async stopProducer(): Promise<void> {
    await this.#producer?.stop();
    this.#producer = undefined;
  }

  startWriter(env: NodeJS.ProcessEnv = {}): void {
    this.#writer = new Program('stream-writer', ['serve'], {
      ...this.#env,
      METRICS_PORT: this.#env.WRITER_PORT,
      ...env,
    });
  }

  /** By `SIGKILL` it leaves without a word: its group knows of it until the session times out. */
  async stopWriter(signal?: 'SIGKILL'): Promise<void> {
    await this.#writer?.stop(signal);
    this.#writer = undefined;
  }

  async startConsole(): Promise<void> {
    this.#console = new Program('console', ['serve', '--json'], this.#env);
    const { url } = await this.#console.announcement();
    this.#url = String(url);
    // A later start is at the same address.
    this.#env.CONSOLE_PORT = new URL(this.#url).port;
  }

  async stopConsole(): Promise<void> {
    await this.#console?.stop();
    this.#console = undefined;
  }

  /** Another console on this host, of whose servers none answers; returns its address. */
  async startBlindConsole(): Promise<string> {
    const nobody = '127.0.0.1:1';
    this.#blindConsole = new Program('console', ['serve', '--json'], {
      ...this.#env,
      CONSOLE_PORT: '0',
      CONSOLE_STATE_DIR: join(this.#stateDir, 'blind'),
      LOG_LEVEL: 'silent',
      KAFKA_BROKERS: nobody,
      CASSANDRA_CONTACT_POINTS: nobody,
      SCHEMA_REGISTRY_URL: `http://${nobody}`,
      AIRFLOW_URL: `http://${nobody}`,
      SPARK_METRICS_URL: `http://${nobody}`,
    });
    const { url } = await this.#blindConsole.announcement();
    return String(url);
  }

  async stopBlindConsole(): Promise<void> {
    await this.#blindConsole?.stop();
    this.#blindConsole = undefined;
  }

  async #run(app: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    await new Program(app, args, { ...this.#env, ...env }).done();
  }

  async send(topic: string, records: readonly ProducerRecord[]): Promise<void> {
    const producer = await this.kafka.producer({ maxRequestBytes: 16 * 1024 * 1024 });
    await producer.send(topic, records);
    await producer.close();
  }

  /** One more topic, which takes messages of 8 MiB. */
  async createTopic(suffix: string, partitions: number): Promise<string> {
    const topic = `${this.topic}.${suffix}`;
    const admin = await this.kafka.admin();
    await admin.createTopic({
      topic,
      partitions,
      replicationFactor: 1,
      config: { 'max.message.bytes': String(8 * 1024 * 1024) },
    });
    await admin.close();
    this.#more.push(topic);
    return topic;
  }

  /** A second version of the schema, with one more field. */
  async registerNextSchema(): Promise<void> {
    const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '' });
    const subject = `${this.topic}-value`;
    const { avsc } = await registry.version(subject, 'latest');
    const schema = avsc as { fields: unknown[] };
    const field = { name: 'nickname', type: ['null', 'string'], default: null };
    await registry.register(subject, { avsc: { ...schema, fields: [...schema.fields, field] } });
    await registry.close();
  }

  /** Ends every process and takes away what was made. */
  async stop(): Promise<void> {
    const programs = [this.#console, this.#blindConsole, this.#producer, this.#writer, this.#source];
    await Promise.all(programs.map((program) => program?.stop()));
    await rm(this.#stateDir, { recursive: true, force: true });
    const admin = await this.kafka.admin();
    for (const topic of [this.topic, `${this.topic}.dlq`, ...this.#more]) await admin.deleteTopic(topic);
    await admin.close();
    const session = await CassandraSession.connect({
      contactPoints: (process.env.CASSANDRA_CONTACT_POINTS ?? '').split(','),
      port: Number(process.env.CASSANDRA_PORT),
      localDataCenter: process.env.CASSANDRA_LOCAL_DATACENTER ?? 'datacenter1',
    });
    await session.query(`DROP KEYSPACE IF EXISTS ${this.keyspace}`);
    await session.close();
  }
}

function sourceOf(url: string): string {
  return url.endsWith('/api/') ? url : new URL('/api/', url).href;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
