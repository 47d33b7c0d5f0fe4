import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CassandraSession } from '@sluice/cassandra-repository';
import { type BuiltInService, type Stack, startStack } from '@sluice/local-stack';
import { SchemaRegistry } from '@sluice/schema-registry';
import { userRecordSchema } from '@sluice/user-schema';
import { progress } from './command.ts';
import { auditHeap, leanHeap } from './lean-heap.ts';
import type { Measurement } from './measurement.ts';

const run = promisify(execFile);
const workspace = join(import.meta.dirname, '..', '..');

export interface BenchmarkStackOptions {
  /** For Avro messages. Default: no registry. */
  readonly registry?: boolean;
  /** Settings of cassandra.yaml. Default: those of local-stack. */
  readonly cassandra?: Readonly<Record<string, unknown>>;
}

/** Where a measured app works. Its consumer group has the name of the keyspace. */
export interface Place {
  readonly keyspace: string;
  /** Default: user_records. */
  readonly topic?: string;
}

/** Services of their own for one benchmark, and the processes that are measured on them. */
export class BenchmarkStack {
  readonly #stack: Stack;
  readonly #dir: string;
  readonly #apps: ChildProcess[] = [];

  static async start({
    registry = false,
    cassandra = {},
  }: BenchmarkStackOptions = {}): Promise<BenchmarkStack> {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
    const services: BuiltInService[] = ['kafka', 'cassandra'];
    if (registry) services.push('schema-registry');
    const settings = {
      // what a round has written is dropped after it, to the last byte
      auto_snapshot: false,
      // the driver alone does not write again what the server was too slow for
      write_request_timeout: '10000ms',
      ...cassandra,
    };
    const options = { services, dataDir: dir, cassandra: { settings }, onProgress: progress };
    return new BenchmarkStack(await startStack(options), dir);
  }

  private constructor(stack: Stack, dir: string) {
    this.#stack = stack;
    this.#dir = dir;
  }

  get versions(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#stack.services.map(({ name, version }) => [name, version]));
  }

  get brokers(): readonly string[] {
    return this.#stack.endpoints.kafka?.brokers ?? [];
  }

  /** The environment of an app that works there. */
  env({ keyspace, topic = 'user_records' }: Place): NodeJS.ProcessEnv {
    const { cassandra, schemaRegistry } = this.#stack.endpoints;
    return {
      ...process.env,
      KAFKA_BROKERS: this.brokers.join(','),
      KAFKA_TOPIC: topic,
      KAFKA_GROUP_ID: keyspace,
      CASSANDRA_CONTACT_POINTS: cassandra?.contactPoints.join(',') ?? '',
      CASSANDRA_PORT: String(cassandra?.port),
      CASSANDRA_KEYSPACE: keyspace,
      SCHEMA_REGISTRY_URL: schemaRegistry?.url ?? '',
      METRICS_PORT: '0',
      LOG_LEVEL: 'error',
    };
  }

  session(): Promise<CassandraSession> {
    const { contactPoints = [], port = 0, localDataCenter = '' } = this.#stack.endpoints.cassandra ?? {};
    return CassandraSession.connect({ contactPoints, port, localDataCenter });
  }

  /** The id of the schema of user messages. */
  async registerSchema(topic: string): Promise<number> {
    const registry = new SchemaRegistry({ url: this.#stack.endpoints.schemaRegistry?.url ?? '' });
    try {
      return await registry.register(`${topic}-value`, { avsc: userRecordSchema.avsc });
    } finally {
      await registry.close();
    }
  }

  async migrate(place: Place): Promise<void> {
    await this.#measured('stream-writer', ['migrate'], place);
  }

  /** Makes room: as if nothing had been written. */
  async drop({ keyspace }: Place): Promise<void> {
    const session = await this.session();
    await session.query(`DROP KEYSPACE IF EXISTS ${keyspace}`, [], { timeoutMs: 60_000 });
    await session.close();
  }

  /** The writer, as built, drains a topic of so many records. */
  async runWriter(records: number, place: Place): Promise<Measurement> {
    await this.migrate(place);
    const { stdout, usage } = await this.#measured('stream-writer', ['drain', '--json'], place, leanHeap);
    const { written, seconds } = JSON.parse(stdout.trim()) as { written: number; seconds: number };
    if (written !== records) throw new Error(`the writer wrote ${written} of ${records} records`);
    return measurement(records, seconds, usage);
  }

  /** CPU seconds of a writer that finds nothing to do: it starts, joins its group, and ends. The topic has to be empty. */
  async runIdleWriter(place: Place): Promise<number> {
    await this.migrate(place);
    const { usage } = await this.#measured('stream-writer', ['drain', '--json'], place, leanHeap);
    return usage.cpuSeconds;
  }

  /** The audit, as built, of what the writer has written there. */
  async runAudit(records: number, place: Place, memory: string): Promise<Measurement & AuditSize> {
    const args = ['audit', '--json', '--memory', memory];
    const { stdout, usage } = await this.#measured('stream-writer', args, place, auditHeap);
    const report = JSON.parse(stdout.trim()) as AuditSize & { seconds: number; records: number };
    if (report.records !== records) throw new Error(`the audit read ${report.records} of ${records} records`);
    const { keys, rows, passes } = report;
    return { ...measurement(records, report.seconds, usage), keys, rows, passes };
  }

  /** The driver alone sends the same rows in the same batches, made ready while its clock stands. */
  async runCeiling(records: number, place: Place): Promise<Measurement> {
    await this.migrate(place);
    const file = join(import.meta.dirname, 'ceiling.ts');
    const { stdout } = await run(process.execPath, ['--conditions=@sluice/source', file, String(records)], {
      env: this.env(place),
    });
    const { seconds, ...usage } = JSON.parse(stdout.trim()) as Usage & { seconds: number };
    return measurement(records, seconds, usage);
  }

  /** An app, as built, that works until {@link stop} or `stopApp`. */
  startApp(name: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const app = fork(join(workspace, 'apps', name, 'dist', 'main.js'), [...args], {
      execArgv: [...leanHeap],
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#apps.push(app);
    return app;
  }

  async stopApp(app: ChildProcess): Promise<void> {
    if (app.exitCode !== null || app.signalCode !== null) return;
    const ended = once(app, 'exit');
    app.kill('SIGTERM');
    await ended;
  }

  async stop(): Promise<void> {
    for (const app of this.#apps) await this.stopApp(app);
    await this.#stack.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Runs an app, as built, to its end. */
  async #measured(name: string, args: readonly string[], place: Place, flags: readonly string[] = []) {
    const usageFile = join(this.#dir, `usage-${name}.json`);
    const { stdout } = await run(
      process.execPath,
      [
        ...flags,
        '--import',
        join(import.meta.dirname, 'report-usage.mjs'),
        join(workspace, 'apps', name, 'dist', 'main.js'),
        ...args,
      ],
      { env: { ...this.env(place), USAGE_FILE: usageFile } },
    );
    return { stdout, usage: JSON.parse(readFileSync(usageFile, 'utf8')) as Usage };
  }
}

/** What an audit went through. */
export interface AuditSize {
  readonly keys: number;
  readonly rows: number;
  /** How often the topic was read. */
  readonly passes: number;
}

interface Usage {
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

function measurement(records: number, seconds: number, { cpuSeconds, peakRssMb }: Usage): Measurement {
  return { rowsPerSecond: records / seconds, cpuMicrosPerRow: (cpuSeconds * 1e6) / records, peakRssMb };
}
