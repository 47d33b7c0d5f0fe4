import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Stack, startStack } from '@sluice/local-stack';
import type { Measurement } from './measurement.ts';
import { publishUsers } from './publish-users.ts';

const run = promisify(execFile);
const workspace = join(import.meta.dirname, '..', '..');
/** The heap that the start commands of the apps set. */
const writerHeap = ['--max-semi-space-size=4', '--max-old-space-size=96'];
const auditHeap = ['--max-semi-space-size=16', '--max-old-space-size=160'];

/** Services of their own for one benchmark, and the processes that are measured on them. */
export class BenchmarkStack {
  readonly #stack: Stack;
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;

  static async start(onProgress: (line: string) => void): Promise<BenchmarkStack> {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
    const stack = await startStack({ services: ['kafka', 'cassandra'], dataDir: dir, onProgress });
    return new BenchmarkStack(stack, dir);
  }

  private constructor(stack: Stack, dir: string) {
    const { kafka, cassandra } = stack.endpoints;
    if (!kafka || !cassandra) throw new Error('the stack has no Kafka or no Cassandra');
    this.#stack = stack;
    this.#dir = dir;
    this.#env = {
      ...process.env,
      KAFKA_BROKERS: kafka.brokers.join(','),
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
      CASSANDRA_PORT: String(cassandra.port),
      // the messages measured here are JSON
      SCHEMA_REGISTRY_URL: '',
      METRICS_PORT: '0',
      LOG_LEVEL: 'error',
    };
  }

  /** Fills the topic with user records of a fixed seed. */
  async publish(records: number): Promise<void> {
    await this.#app('stream-writer', ['migrate'], 'published');
    await publishUsers((this.#env.KAFKA_BROKERS ?? '').split(','), 'user_records', records);
  }

  /** The writer, as built, drains the topic into a keyspace of that name. */
  async runWriter(records: number, keyspace: string): Promise<Measurement> {
    await this.#app('stream-writer', ['migrate'], keyspace);
    const { stdout, usage } = await this.#app('stream-writer', ['drain', '--json'], keyspace, writerHeap);
    const { written, seconds } = JSON.parse(stdout.trim()) as { written: number; seconds: number };
    if (written !== records) throw new Error(`the writer wrote ${written} of ${records} records`);
    return measurement(records, seconds, usage);
  }

  /** The audit, as built, of what the writer has written into that keyspace. */
  async runAudit(records: number, keyspace: string, memory: string): Promise<Measurement & AuditSize> {
    const args = ['audit', '--json', '--memory', memory];
    const { stdout, usage } = await this.#app('stream-writer', args, keyspace, auditHeap);
    const report = JSON.parse(stdout.trim()) as AuditSize & { seconds: number; records: number };
    if (report.records !== records) throw new Error(`the audit read ${report.records} of ${records} records`);
    const { keys, rows, passes } = report;
    return { ...measurement(records, report.seconds, usage), keys, rows, passes };
  }

  /** The driver alone sends the same rows in the same batches, made ready before the clock starts. */
  async runCeiling(records: number, keyspace: string): Promise<Measurement> {
    await this.#app('stream-writer', ['migrate'], keyspace);
    const file = join(import.meta.dirname, 'ceiling.ts');
    const { stdout } = await run(process.execPath, ['--conditions=@sluice/source', file, String(records)], {
      env: { ...this.#env, CASSANDRA_KEYSPACE: keyspace },
    });
    const { seconds, ...usage } = JSON.parse(stdout.trim()) as Usage & { seconds: number };
    return measurement(records, seconds, usage);
  }

  async stop(): Promise<void> {
    await this.#stack.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #app(name: string, args: readonly string[], keyspace: string, flags: readonly string[] = []) {
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
      {
        env: { ...this.#env, CASSANDRA_KEYSPACE: keyspace, KAFKA_GROUP_ID: keyspace, USAGE_FILE: usageFile },
      },
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
