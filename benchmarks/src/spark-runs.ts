import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchmarkStack, Place } from './benchmark-stack.ts';
import type { Measurement } from './measurement.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..', 'spark-jobs');
const bin = join(project, '.venv', 'bin');

/** A Spark program on `local[2]`. The rate is from the start of its first batch to the end of its last one. */
export interface SparkMeasurement extends Measurement {
  /** From the start of spark-submit to its end. */
  readonly wholeRowsPerSecond: number;
  /** From the start of spark-submit to that of the first batch. */
  readonly startSeconds: number;
}

/** When the batches of a run began and ended, s since the epoch. */
interface Batches {
  readonly began: number;
  readonly ended: number;
  readonly records: number;
}

/** The job, once to the end of a topic of so many records. */
export async function runJob(
  stack: BenchmarkStack,
  records: number,
  place: Place,
): Promise<SparkMeasurement> {
  const job = ['src/user_records_stream.py', '--json'];
  return await submitted(stack, { records, place, program: job, batchesOf: batchesOfJob });
}

/** The least that a job does: from_json, and an append by the connector. */
export async function runAppend(
  stack: BenchmarkStack,
  records: number,
  place: Place,
): Promise<SparkMeasurement> {
  const batchesOf = (lines: readonly string[]) => JSON.parse(lines.at(-1) ?? '') as Batches;
  return await submitted(stack, { records, place, program: ['benchmark/append.py'], batchesOf });
}

interface Submission {
  readonly records: number;
  readonly place: Place;
  /** The Python program, below spark-jobs, and its arguments. */
  readonly program: readonly string[];
  /** Reads what the program has printed. */
  readonly batchesOf: (lines: readonly string[]) => Batches;
}

/** CPU is that of all processes of Spark: the JVM, the driver's Python and those of the workers. Memory is that of the largest one. */
async function submitted(
  stack: BenchmarkStack,
  { records, place, program, batchesOf }: Submission,
): Promise<SparkMeasurement> {
  await stack.migrate(place);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-spark-'));
  try {
    const usageFile = join(dir, 'usage.json');
    const submit = ['spark-submit', '--master', 'local[2]', '--driver-memory', '1g', '--jars', jars()];
    const started = Date.now() / 1000;
    const { stdout } = await run(
      join(bin, 'python'),
      [join('benchmark', 'measured.py'), usageFile, ...submit, ...program],
      { cwd: project, env: sparkEnv(stack.env(place), join(dir, 'checkpoint')), maxBuffer: 64 * 1024 * 1024 },
    );
    const whole = Date.now() / 1000 - started;
    const { began, ended, records: read } = batchesOf(stdout.trim().split('\n'));
    if (read !== records) throw new Error(`${program.join(' ')} wrote ${read} of ${records} records`);
    const { cpuSeconds, peakRssMb } = JSON.parse(readFileSync(usageFile, 'utf8')) as Usage;
    return {
      rowsPerSecond: records / (ended - began),
      wholeRowsPerSecond: records / whole,
      startSeconds: began - started,
      cpuMicrosPerRow: (cpuSeconds * 1e6) / records,
      peakRssMb,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Usage {
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

/** From the log line of each batch, written when it is settled. */
function batchesOfJob(lines: readonly string[]): Batches {
  const events = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { msg?: string });
  const settled = events.filter(({ msg }) => msg === 'batch settled') as unknown as readonly SettledBatch[];
  const [first, last] = [settled[0], settled.at(-1)];
  if (!first || !last) return { began: 0, ended: 0, records: 0 };
  return {
    began: Date.parse(first.time) / 1000 - first.seconds,
    ended: Date.parse(last.time) / 1000,
    records: settled.reduce((sum, { written }) => sum + written, 0),
  };
}

interface SettledBatch {
  readonly time: string;
  readonly seconds: number;
  readonly written: number;
}

/** Of the environment that Spark runs in. */
export function sparkVersion(): string {
  const lock = readFileSync(join(project, 'requirements.lock'), 'utf8');
  return /^pyspark==([\d.]+)/m.exec(lock)?.[1] ?? 'unknown';
}

function sparkEnv(base: NodeJS.ProcessEnv, checkpoint: string): NodeJS.ProcessEnv {
  return {
    ...base,
    PATH: `${bin}${delimiter}${base.PATH ?? ''}`,
    PYSPARK_PYTHON: join(bin, 'python'),
    PYTHONPATH: join(project, 'src'),
    SPARK_HOME: undefined,
    SPARK_CONF_DIR: join(project, 'conf'),
    SPARK_LOCAL_IP: '127.0.0.1',
    CHECKPOINT_LOCATION: checkpoint,
    // its lines tell of each batch
    LOG_LEVEL: 'info',
  };
}

function jars(): string {
  const folder = join(project, 'dist', 'jars');
  const found = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.jar')) : [];
  if (found.length === 0) throw new Error(`no jars in ${folder}: run \`npx nx run spark-jobs:build\``);
  return found.map((file) => join(folder, file)).join(',');
}
