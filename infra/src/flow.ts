import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess } from './app-process.ts';
import { confirmRows } from './confirm-rows.ts';
import { migrate, serviceEnvironment } from './migrate.ts';
import { joinOrStart, type Services } from './services.ts';
import { chooseSource } from './source.ts';
import { StatusLine } from './status-line.ts';
import { TopicEnds } from './topic-ends.ts';
import { STACK_DIR } from './workspace.ts';

export interface FlowOptions {
  /** Users to bring into Cassandra. Default: until stopped. */
  readonly records?: number;
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

/** Time that an app has to finish what is in flight. */
const stopDeadlineMs = 8_000;

/**
 * Runs the whole pipeline as separate processes on the real services. With `records` it ends by itself, prints the result as
 * one JSON object and returns whether every user was found in Cassandra.
 */
export async function runFlow(options: FlowOptions): Promise<boolean> {
  const { signal, fresh, env, records } = options;
  const started = performance.now();
  const source = await chooseSource(env.SOURCE_URL);
  say(source.line);
  const { JAVA_HOME: javaHome } = env;
  const services = await joinOrStart({
    fresh,
    signal,
    onProgress: say,
    ...(javaHome ? { javaHome } : {}),
  });
  try {
    const appEnv: NodeJS.ProcessEnv = {
      ...env,
      ...serviceEnvironment(services.endpoints),
      SOURCE_URL: source.url ?? services.sourceUrl,
    };
    await migrate(services.endpoints, env, signal);
    const flow = new Flow(appEnv, records);
    try {
      await flow.start();
      sayWhereToLook(services);
      const finished = await flow.run(signal);
      if (!finished || records === undefined) return records === undefined;
      return await report(flow, appEnv, started);
    } finally {
      await flow.stop();
    }
  } finally {
    say('stopping');
    await services.stop();
  }
}

/** The two apps at work, and what they have done. */
class Flow {
  readonly keysFile = join(STACK_DIR, 'logs', 'published-keys.txt');
  readonly #env: NodeJS.ProcessEnv;
  readonly #records: number | undefined;
  readonly #ends: TopicEnds;
  #producer: AppProcess | undefined;
  #writer: AppProcess | undefined;

  constructor(env: NodeJS.ProcessEnv, records: number | undefined) {
    this.#env = env;
    this.#records = records;
    this.#ends = new TopicEnds(env);
  }

  async start(): Promise<void> {
    await this.#ends.open();
    rmSync(this.keysFile, { force: true });
    const logDir = join(STACK_DIR, 'logs');
    const count = this.#records;
    this.#writer = new AppProcess('stream-writer', ['serve', '--json'], { env: this.#env, logDir });
    const command =
      count === undefined
        ? ['serve', '--json']
        : ['run', '--count', String(count), '--keys', this.keysFile, '--json'];
    this.#producer = new AppProcess('producer', command, { env: this.#env, logDir });
  }

  /** Shows the status until stopped, or until the writer has settled everything that was published; true for the latter. */
  async run(signal: AbortSignal): Promise<boolean> {
    const status = new StatusLine(process.stdout);
    try {
      for (;;) {
        await delay(500, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return false;
        status.show(await this.#producer?.metrics(), await this.#writer?.metrics());
        await this.#checkAlive();
        if (this.#records !== undefined && !this.#producer?.running && (await this.#ends.settled()))
          return true;
      }
    } finally {
      status.end();
    }
  }

  /** What the producer says of its run. */
  async published(): Promise<{ readonly fetched: number; readonly produced: number }> {
    const output = (await this.#producer?.ended)?.output ?? '';
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as { fetched: number; produced: number };
  }

  deadLetters(): Promise<number> {
    return this.#ends.newDeadLetters();
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
  const { fetched, produced } = await flow.published();
  const written = await confirmRows(flow.keysFile, env);
  const deadLettered = await flow.deadLetters();
  const lost = Math.max(0, fetched - written - deadLettered);
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  // the last line of all, so the services' own words go before it
  process.once('exit', () => {
    process.stdout.write(`${JSON.stringify({ fetched, produced, written, deadLettered, lost, seconds })}\n`);
  });
  return lost === 0;
}

function sayWhereToLook({ endpoints }: Services): void {
  const { kafka, cassandra } = endpoints;
  if (!kafka || !cassandra) return;
  say(
    [
      `look at the rows:     cqlsh ${cassandra.contactPoints[0] ?? ''} ${cassandra.port} -e 'SELECT * FROM worldwide_users.user_records LIMIT 3'`,
      `look at the messages: kcat -b ${kafka.brokers.join(',')} -t user_records -C -o -3 -e`,
      `logs of the apps:     ${join(STACK_DIR, 'logs')}; Ctrl-C stops everything`,
    ].join('\n'),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
