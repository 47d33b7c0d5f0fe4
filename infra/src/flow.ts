import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess, appProgram, type Program } from './app-process.ts';
import { confirmRows } from './confirm-rows.ts';
import { buildPage, consoleProgram, consoleUrl } from './console.ts';
import { addressLines, type Extra, startExtras, stopAll } from './extras.ts';
import { migrate, serviceEnvironment } from './migrate.ts';
import { joinOrStart, type Services, type ServicesOptions } from './services.ts';
import { chooseSource } from './source.ts';
import { prepareSparkJob, SPARK_GROUP } from './spark-job.ts';
import { total } from './metrics.ts';
import { type Published, StatusLine } from './status-line.ts';
import { TopicEnds } from './topic-ends.ts';
import { STACK_DIR } from './workspace.ts';

export interface FlowOptions extends Pick<ServicesOptions, 'dataDir' | 'ports'> {
  /** Users to bring into Cassandra. Default: until stopped. */
  readonly records?: number;
  readonly fresh: boolean;
  readonly writer: Writer;
  /** What runs beside the pipeline. */
  readonly extras: readonly Extra[];
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

/** What brings the records into Cassandra. */
export const WRITERS = ['stream-writer', 'spark'] as const;
export type Writer = (typeof WRITERS)[number];

/** Time that an app has to finish what is in flight, and until it is killed: Ctrl-C is over within 15 s. */
const shutdownTimeout = '5s';
const stopDeadlineMs = 8_000;

/**
 * Runs the whole pipeline as separate processes on the real services. With `records` it ends by itself, prints the result as
 * one JSON object and returns whether every user was found in Cassandra.
 */
export async function runFlow(options: FlowOptions): Promise<boolean> {
  const { signal, fresh, env, records, writer, extras, dataDir = STACK_DIR, ports } = options;
  const started = performance.now();
  const source = await chooseSource(env.SOURCE_URL);
  say(source.line);
  // Before the services: what it may lack is said at once.
  const spark = writer === 'spark' ? await prepareSparkJob(signal) : undefined;
  const { JAVA_HOME: javaHome } = env;
  const common = { signal, onProgress: say, dataDir, ...(javaHome ? { javaHome } : {}) };
  const services = await joinOrStart({ ...common, fresh, ...(ports ? { ports } : {}) });
  try {
    const appEnv: NodeJS.ProcessEnv = {
      SHUTDOWN_TIMEOUT: shutdownTimeout,
      ...env,
      ...serviceEnvironment(services.endpoints),
      SOURCE_URL: source.url ?? services.sourceUrl,
      ...(spark && { KAFKA_GROUP_ID: env.KAFKA_GROUP_ID ?? SPARK_GROUP }),
    };
    await migrate(services.endpoints, env, signal);
    const { endpoints, sourceUrl } = services;
    const beside = await startExtras(extras, {
      ...common,
      ...(ports ? { ports } : {}),
      endpoints,
      sourceUrl: source.url ?? sourceUrl,
      background: false,
    });
    const logDir = join(dataDir, 'logs');
    const cluster = beside.find(({ extra }) => extra === 'spark')?.endpoints.spark;
    const checkpoint = join(dataDir, 'checkpoint');
    const writing =
      spark?.writer({ env: appEnv, cluster, checkpoint }) ??
      appProgram('stream-writer', ['serve', '--json'], appEnv);
    const flow = new Flow(appEnv, { records, logDir, writing });
    let console: AppProcess | undefined;
    try {
      await flow.start();
      // a run that ends by itself is over before anyone looks
      if (records === undefined) await buildPage(signal);
      const served = records === undefined ? await flow.metricsUrls(signal) : undefined;
      if (served) {
        const stateDir = join(dataDir, 'console');
        const airflow = beside.find(({ extra }) => extra === 'airflow')?.endpoints.airflow;
        const { producer, writer: url } = served;
        const writerUrl = spark ? { sparkJob: url } : { writer: url };
        console = new AppProcess(
          consoleProgram({ env: appEnv, stateDir, producer, ...writerUrl, airflow }),
          logDir,
        );
        const address = await consoleUrl(console, signal);
        if (address !== undefined)
          say(
            `look at all of it:    ${address} (log in with the text of ${join(stateDir, 'operator.token')})`,
          );
      }
      for (const line of beside.flatMap((one) => addressLines(one.endpoints))) say(line);
      sayWhereToLook(services, appEnv, logDir);
      const finished = await flow.run(signal);
      if (!finished || records === undefined) return records === undefined;
      return await report(flow, appEnv, started);
    } finally {
      await Promise.all([flow.stop(), console?.stop(stopDeadlineMs)]);
      await stopAll(beside);
    }
  } finally {
    say('stopping');
    await services.stop();
  }
}

/** The two apps at work, and what they have done. */
class Flow {
  readonly keysFile: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #records: number | undefined;
  readonly #logDir: string;
  readonly #writing: Program;
  readonly #ends: TopicEnds;
  #producer: AppProcess | undefined;
  #writer: AppProcess | undefined;

  constructor(
    env: NodeJS.ProcessEnv,
    {
      records,
      logDir,
      writing,
    }: { readonly records: number | undefined; readonly logDir: string; readonly writing: Program },
  ) {
    this.#env = env;
    this.#records = records;
    this.#logDir = logDir;
    this.#writing = writing;
    this.keysFile = join(logDir, 'published-keys.txt');
    this.#ends = new TopicEnds(env);
  }

  async start(): Promise<void> {
    await this.#ends.open();
    rmSync(this.keysFile, { force: true });
    const logDir = this.#logDir;
    const count = this.#records;
    this.#writer = new AppProcess(this.#writing, logDir);
    const command =
      count === undefined
        ? ['serve', '--json']
        : ['run', '--count', String(count), '--keys', this.keysFile, '--json'];
    this.#producer = new AppProcess(appProgram('producer', command, this.#env), logDir);
  }

  /** Where both serve their metrics, once they do; undefined where one has ended or all is stopped before. */
  async metricsUrls(
    signal: AbortSignal,
  ): Promise<{ readonly producer: string; readonly writer: string } | undefined> {
    while (!signal.aborted && this.#producer?.running && this.#writer?.running) {
      const producer = this.#producer.metricsUrl;
      const writer = this.#writer.metricsUrl;
      if (producer !== undefined && writer !== undefined) return { producer, writer };
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** Shows the status until stopped, or until the writer has settled everything that was published; true for the latter. */
  async run(signal: AbortSignal): Promise<boolean> {
    const status = new StatusLine(process.stdout);
    try {
      for (;;) {
        await delay(500, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return false;
        await this.#checkAlive();
        const finished =
          this.#records !== undefined && !this.#producer?.running && (await this.#ends.settled());
        status.show(await this.#publishedSoFar(), await this.#writer?.metrics());
        if (finished) return true;
      }
    } finally {
      status.end();
    }
  }

  /** What the producer says of its run at its end. */
  async published(): Promise<Published & { readonly deadLettered: number }> {
    const output = (await this.#producer?.ended)?.output ?? '';
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Published & { deadLettered: number };
  }

  async #publishedSoFar(): Promise<Published> {
    if (!this.#producer?.running) return this.published();
    const metrics = await this.#producer.metrics();
    const records = (result: string) => total(metrics, 'sluice_source_records_total', `result="${result}"`);
    return { fetched: records('fetched'), produced: records('produced') };
  }

  deadLettersOf(keys: ReadonlySet<string>): Promise<number> {
    return this.#ends.newDeadLettersOf(keys);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#producer?.stop(stopDeadlineMs), this.#writer?.stop(stopDeadlineMs)]);
    await this.#ends.close();
  }

  async #checkAlive(): Promise<void> {
    for (const app of [this.#producer, this.#writer]) {
      if (!app || app.running) continue;
      const { code } = await app.ended;
      if (code !== 0 || app === this.#writer || this.#records === undefined)
        throw new Error(
          `${app.name} has ended with exit code ${code ?? 'none'}; its log, ${app.logFile}, ends with\n${app.lastWords}`,
        );
    }
  }
}

async function report(flow: Flow, env: NodeJS.ProcessEnv, started: number): Promise<boolean> {
  // the producer's own letters are of users that were never published
  const { fetched, produced, deadLettered: atTheSource } = await flow.published();
  const { found: written, missing } = await confirmRows(flow.keysFile, env);
  const deadLettered = atTheSource + (await flow.deadLettersOf(missing));
  const lost = Math.max(0, fetched - written - deadLettered);
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  // the last line of all, so the services' own words go before it
  process.once('exit', () => {
    process.stdout.write(`${JSON.stringify({ fetched, produced, written, deadLettered, lost, seconds })}\n`);
  });
  return lost === 0;
}

function sayWhereToLook({ endpoints }: Services, env: NodeJS.ProcessEnv, logDir: string): void {
  const { kafka, cassandra, schemaRegistry } = endpoints;
  if (!kafka || !cassandra || !schemaRegistry) return;
  const { CASSANDRA_KEYSPACE: keyspace = 'worldwide_users', KAFKA_TOPIC: topic = 'user_records' } = env;
  say(
    [
      `look at the rows:     cqlsh ${cassandra.contactPoints[0] ?? ''} ${cassandra.port} -e 'SELECT * FROM ${keyspace}.user_records LIMIT 3'`,
      `look at the messages: kcat -b ${kafka.brokers.join(',')} -t ${topic} -C -o -3 -e`,
      `look at the schemas:  curl ${schemaRegistry.url}/apis/ccompat/v7/subjects`,
      `logs of the apps:     ${logDir}; Ctrl-C stops everything`,
    ].join('\n'),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
