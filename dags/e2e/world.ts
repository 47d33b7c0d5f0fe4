import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { type ServiceDefinition, type Stack, startStack } from '@sluice/local-stack';
import { Console } from './console.ts';

const workspace = fileURLToPath(new URL('../../', import.meta.url));
const environment = join(workspace, 'dags', '.venv');
export const python = join(environment, 'bin', 'python');
const topic = 'user_records';
const table = 'worldwide_users.user_records';

/** What the DAGs are told, so that failures take seconds: one retry after 5 s, and an alert for what takes longer than 10 s. */
const quick = {
  SLUICE_INGEST_SCHEDULE: 'none',
  SLUICE_STREAM_SCHEDULE: 'none',
  SLUICE_TASK_RETRIES: '1',
  SLUICE_RETRY_DELAY: '5s',
  SLUICE_TASK_TIMEOUT: '20m',
  SLUICE_RUN_DEADLINE: '10s',
};

const source: ServiceDefinition = {
  name: 'random-user-server',
  version: '1.4',
  prepare: ({ port }) =>
    Promise.resolve({
      file: process.execPath,
      args: [app('random-user-server'), 'serve', '--port', String(port)],
    }),
  async probe(port, signal) {
    const response = await fetch(`http://127.0.0.1:${port}/api/?results=1`, { signal });
    if (!response.ok) throw new Error(`the source answered ${response.status}`);
  },
};

export interface Alert {
  readonly event: string;
  readonly dag: string;
  readonly run: string;
  readonly task?: string;
  readonly tries?: number;
  readonly error?: string;
}

/** All the services, an Airflow beside them, and a webhook for its alerts. */
export class World {
  /** What the webhook was sent. */
  readonly alerts: Alert[] = [];
  readonly #dir: string;
  readonly #stacks: Stack[] = [];
  #webhook: Server | undefined;
  #console: Console | undefined;

  constructor() {
    this.#dir = mkdtempSync(join(tmpdir(), 'sluice-airflow-'));
  }

  async start(onProgress: (line: string) => void, signal: AbortSignal): Promise<void> {
    const common = { onProgress, signal, startTimeoutMs: 300_000 };
    this.#stacks.push(
      await startStack({
        ...common,
        services: ['kafka', 'cassandra', 'schema-registry', source, 'spark'],
        dataDir: join(this.#dir, 'services'),
        spark: { environment: join(workspace, 'spark-jobs', '.venv'), memoryMiB: 1024 },
      }),
    );
    this.#stacks.push(
      await startStack({
        ...common,
        services: ['airflow'],
        dataDir: join(this.#dir, 'airflow'),
        airflow: {
          environment,
          dagsFolder: join(workspace, 'dags', 'src'),
          env: {
            ...this.environment,
            ...quick,
            SPARK_LOCAL_IP: '127.0.0.1',
            CHECKPOINT_LOCATION: join(this.#dir, 'checkpoint'),
            AIRFLOW_CONN_SPARK_DEFAULT: this.#sparkConnection,
            SLUICE_SPARK_PROPERTIES: this.services.endpoints.spark?.propertiesFile ?? '',
            AIRFLOW_VAR_SLUICE_ALERT_WEBHOOK: await this.#listen(),
          },
        },
      }),
    );
  }

  get services(): Stack {
    return this.#stack(0);
  }

  get airflow() {
    const { airflow } = this.#stack(1).endpoints;
    if (!airflow) throw new Error('the stack has no Airflow');
    return airflow;
  }

  /** Leads the apps, and the Spark job, to the services. */
  get environment(): Record<string, string> {
    const { kafka, cassandra, schemaRegistry } = this.services.endpoints;
    const sourcePort = this.services.services.find(({ name }) => name === source.name)?.port;
    return {
      KAFKA_BROKERS: kafka?.brokers.join(',') ?? '',
      CASSANDRA_CONTACT_POINTS: cassandra?.contactPoints.join(',') ?? '',
      CASSANDRA_PORT: String(cassandra?.port),
      CASSANDRA_LOCAL_DATACENTER: cassandra?.localDataCenter ?? '',
      SCHEMA_REGISTRY_URL: schemaRegistry?.url ?? '',
      SOURCE_URL: `http://127.0.0.1:${String(sourcePort)}/api/`,
      SOURCE_RATE_LIMIT: 'none',
    };
  }

  /** The administrator of Airflow. */
  get administrator(): { readonly username: string; readonly password: string } {
    return this.#airflowUser(this.airflow.username);
  }

  /** A console with this Airflow, as the user who may do no more than it needs. */
  async startConsole(): Promise<Console> {
    const { username, password } = this.#airflowUser(this.airflow.runner);
    this.#console = await Console.start(app('console'), {
      ...this.environment,
      CONSOLE_STATE_DIR: join(this.#dir, 'console'),
      AIRFLOW_URL: this.airflow.url,
      AIRFLOW_USERNAME: username,
      AIRFLOW_PASSWORD: password,
    });
    return this.#console;
  }

  /** Creates topics and table. */
  async migrate(): Promise<void> {
    const child = spawn(process.execPath, [app('stream-writer'), 'migrate'], {
      env: { PATH: process.env.PATH, ...this.environment, LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new Error(`stream-writer migrate ended with ${String(code)}`);
  }

  /** Keys of the topic that have no row, and how many keys there are. */
  async compare(): Promise<{ readonly keys: number; readonly missing: number }> {
    const keys = await this.#keys();
    const rows = await this.#uuids();
    return { keys: keys.size, missing: [...keys].filter((key) => !rows.has(key)).length };
  }

  /** How many applications have ended on the cluster. */
  async applications(): Promise<number> {
    const response = await fetch(`${this.services.endpoints.spark?.ui ?? ''}/json/`);
    const { completedapps } = (await response.json()) as { completedapps: readonly unknown[] };
    return completedapps.length;
  }

  async stop(): Promise<void> {
    await this.#console?.stop();
    for (const stack of this.#stacks.toReversed()) await stack.stop();
    this.#webhook?.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** As Airflow takes it: the host with its scheme, and the port. */
  get #sparkConnection(): string {
    const [, host, port] = /^(.+):(\d+)$/.exec(this.services.endpoints.spark?.master ?? '') ?? [];
    return JSON.stringify({ conn_type: 'spark', host, port: Number(port) });
  }

  #airflowUser(username: string): { readonly username: string; readonly password: string } {
    const file = readFileSync(this.airflow.passwordFile, 'utf8');
    return { username, password: (JSON.parse(file) as Record<string, string>)[username] ?? '' };
  }

  #stack(index: number): Stack {
    const stack = this.#stacks[index];
    if (!stack) throw new Error('the services have not been started');
    return stack;
  }

  async #keys(): Promise<ReadonlySet<string>> {
    const { kafka: endpoint } = this.services.endpoints;
    const kafka = new KafkaClient({ brokers: endpoint?.brokers ?? [], clientId: 'dags-e2e' });
    const admin = await kafka.admin();
    try {
      const offsets = await admin.offsets(topic);
      const ranges = new Map(
        offsets.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]),
      );
      const keys = new Set<string>();
      for await (const { records } of kafka.read({ topic, ranges }))
        for (const { key } of records) keys.add(key?.toString() ?? '');
      return keys;
    } finally {
      await admin.close();
    }
  }

  async #uuids(): Promise<ReadonlySet<string>> {
    const { cassandra } = this.services.endpoints;
    if (!cassandra) throw new Error('the stack has no Cassandra');
    const session = await CassandraSession.connect(cassandra);
    try {
      const { rows } = await session.query(`SELECT uuid FROM ${table}`, [], { timeoutMs: 60_000 });
      return new Set(rows.map(({ uuid }) => String(uuid)));
    } finally {
      await session.close();
    }
  }

  async #listen(): Promise<string> {
    this.#webhook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.alerts.push(JSON.parse(body) as Alert);
        response.writeHead(204).end();
      });
    });
    const server = this.#webhook.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  }
}

function app(name: string): string {
  return join(workspace, 'apps', name, 'dist', 'main.js');
}
