import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CassandraSession, migrate, TableWriter } from '@sluice/cassandra-repository';
import type { KafkaClient, ProducerRecord } from '@sluice/kafka-client';
import { recordDecoder, StreamPipeline } from '@sluice/stream-pipeline';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { enrichUser, userRecordSchema, type UserRecord, type UserRow } from '@sluice/user-schema';
import type { FastifyInstance } from 'fastify';
import { Sessions } from '../src/access/sessions.ts';
import { loadTokens } from '../src/access/tokens.ts';
import { type ConsoleConfig, loadConfig } from '../src/config.ts';
import type { Role } from '../src/contract/common.ts';
import type { RequestOf, ResponseOf, RouteName } from '../src/contract/routes.ts';
import { createServices } from '../src/serve.ts';
import { type ConnectionLimits, createServer } from '../src/server.ts';
import { usersTable } from '../src/servers.ts';
import type { Services } from '../src/services.ts';

const logger = createLogger({ name: 'console-tests', level: 'silent' });

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

type Parts<Name extends RouteName> = Partial<RequestOf<Name>>;

/** The console's server on servers that the environment names, with a topic, table and state of its own. */
export class ConsoleFixture {
  readonly config: ConsoleConfig;
  readonly services: Services;
  readonly app: FastifyInstance;
  readonly folder: string;
  readonly #cookies = new Map<Role, string>();
  readonly #made: Readonly<Partial<Record<Role, string>>>;

  static async create(
    env: Readonly<Record<string, string>> = {},
    connections?: ConnectionLimits,
  ): Promise<ConsoleFixture> {
    const folder = mkdtempSync(join(tmpdir(), 'console-'));
    const topic = `users-${randomUUID()}`;
    const config = loadConfig({
      ...process.env,
      KAFKA_TOPIC: topic,
      KAFKA_GROUP_ID: `group-${topic}`,
      CASSANDRA_KEYSPACE: `users_${randomUUID().replaceAll('-', '').slice(0, 12)}`,
      CONSOLE_STATE_DIR: folder,
      PRODUCER_URLS: 'http://127.0.0.1:1',
      WRITER_URLS: 'http://127.0.0.1:1',
      ...env,
    });
    const services = createServices(config, folder, logger);
    const tokens = loadTokens({ folder, given: {} });
    const app = await createServer({
      ...services,
      tokens,
      sessions: new Sessions(),
      page: join(folder, 'page'),
      ...(connections && { connections }),
    });
    const fixture = new ConsoleFixture(config, services, app, folder, tokens.made);
    for (const role of ['viewer', 'operator'] as const) await fixture.#logIn(role);
    return fixture;
  }

  private constructor(
    config: ConsoleConfig,
    services: Services,
    app: FastifyInstance,
    folder: string,
    made: Readonly<Partial<Record<Role, string>>>,
  ) {
    this.config = config;
    this.services = services;
    this.app = app;
    this.folder = folder;
    this.#made = made;
  }

  token(role: Role): string {
    return this.#made[role] ?? '';
  }

  /** `sluice_console_80=...` */
  cookie(role: Role): string {
    return this.#cookies.get(role) ?? '';
  }

  /** Calls a route of the contract. */
  async call<Name extends RouteName>(
    name: Name,
    { params, query, body }: Parts<Name> = {},
    role: Role = 'viewer',
  ): Promise<Answer<ResponseOf<Name>>> {
    const [method = '', path = ''] = name.split(' ');
    const values = Object.entries((params ?? {}) as Record<string, string>);
    const url = values.reduce(
      (text, [param, value]) => text.replace(`:${param}`, encodeURIComponent(value)),
      path,
    );
    return this.send(method, url, { query: (query ?? {}) as Record<string, string>, body, role });
  }

  async send<T>(
    method: string,
    url: string,
    {
      query = {},
      body,
      role,
      headers = { 'x-sluice-console': '1' },
    }: {
      readonly query?: Record<string, string>;
      readonly body?: unknown;
      readonly role?: Role;
      readonly headers?: Record<string, string>;
    } = {},
  ): Promise<Answer<T>> {
    const answer = await this.app.inject({
      method: method as 'GET',
      url,
      query,
      headers: { ...headers, ...(role && { cookie: this.cookie(role) }) },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return {
      status: answer.statusCode,
      body: (isJson ? answer.json() : undefined) as T,
      headers: answer.headers,
      text: answer.body,
    };
  }

  async #logIn(role: Role): Promise<void> {
    const { headers } = await this.send('POST', '/api/session', { body: { token: this.token(role) } });
    this.#cookies.set(role, String(headers['set-cookie']).split(';')[0] ?? '');
  }

  /** Makes topics, keyspace and table. */
  async migrate(): Promise<void> {
    const admin = await this.kafka.admin();
    for (const topic of [this.config.KAFKA_TOPIC, this.config.KAFKA_DLQ_TOPIC])
      await admin.createTopic({ topic, partitions: 2, replicationFactor: 1 });
    await admin.close();
    await this.#withSession((session) =>
      migrate(session, [usersTable(this.config)], { retentionMs: 86_400_000, logger }),
    );
  }

  get kafka(): KafkaClient {
    return this.services.servers.kafka;
  }

  async produce(records: readonly ProducerRecord[], topic = this.config.KAFKA_TOPIC): Promise<void> {
    const producer = await this.kafka.producer();
    await producer.send(topic, records);
    await producer.close();
  }

  /** What a writer does, up to the end of the topic. */
  async drain(): Promise<void> {
    const { KAFKA_TOPIC: topic, KAFKA_GROUP_ID: groupId, KAFKA_DLQ_TOPIC } = this.config;
    await this.#withSession(async (session) => {
      const pipeline = new StreamPipeline<UserRow>({
        source: { kafka: this.kafka, topic, groupId },
        decode: recordDecoder<UserRecord, UserRow>(userRecordSchema, {
          registry: this.services.servers.registry,
          key: 'uuid',
          transform: enrichUser,
        }),
        sink: await TableWriter.open<UserRow>(session, usersTable(this.config), { logger }),
        deadLetters: { topic: KAFKA_DLQ_TOPIC },
        metrics: createPipelineMetrics({ pipeline: groupId }),
        logger,
      });
      await pipeline.run(new AbortController().signal, { until: 'end' });
    });
  }

  async #withSession<T>(work: (session: CassandraSession) => Promise<T>): Promise<T> {
    const session = await CassandraSession.connect({
      contactPoints: this.config.CASSANDRA_CONTACT_POINTS,
      port: this.config.CASSANDRA_PORT,
      localDataCenter: this.config.CASSANDRA_LOCAL_DATACENTER,
    });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  /** Ends the server, and drops what `migrate` made. */
  async drop({ migrated = true } = {}): Promise<void> {
    if (migrated) {
      const admin = await this.kafka.admin();
      for (const topic of [this.config.KAFKA_TOPIC, this.config.KAFKA_DLQ_TOPIC])
        await admin.deleteTopic(topic);
      await admin.close();
      await this.#withSession((session) =>
        session.query(`DROP KEYSPACE IF EXISTS ${this.config.CASSANDRA_KEYSPACE}`),
      );
    }
    await this.app.close();
    await this.services.tasks.close();
    this.services.letters.close();
    await this.services.servers.close();
    this.services.changes.close();
    this.services.history.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A user as a message. */
export function userRecord(uuid: string, fields: Readonly<Record<string, unknown>> = {}): ProducerRecord {
  const user = { uuid, first_name: 'Ada', last_name: 'L', email: 'ada@example.com', age: 36, ...fields };
  return { key: Buffer.from(uuid), value: Buffer.from(JSON.stringify(user)) };
}
