import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from './errors.ts';
import { JVM_LOCALE, withFixedLocale } from './fixed-locale.ts';
import { accepts, LOCALHOST } from './ports.ts';
import { identify } from './process-identity.ts';
import type { Command, NodeDefinition, ServiceCommand } from './service.ts';
import type { ServiceRecord } from './state.ts';
import { watch, type Watchdog } from './watchdog.ts';

const POLL_MS = 100;
const LOG_TAIL_LINES = 12;

export interface RunningService {
  readonly record: ServiceRecord;
  /** Resolves when the service has been used once; rejects when it ends before, or takes too long. */
  ready(options: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
  /** From here on the service outlives this process. */
  letGo(): void;
}

/** Starts the process of a service, its output in the log file. */
export function launch(
  definition: NodeDefinition,
  command: ServiceCommand,
  port: number,
  logFile: string,
): RunningService {
  const startedAt = Date.now();
  const child = spawnLogged(command, logFile);
  const failure = endOf(child, definition.name, logFile);
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  // Without a pid, or already gone: `failure` says why, to whoever waits for ready().
  const record = {
    ...(identity ?? { pid: child.pid ?? 0, startedAt: '' }),
    name: definition.name,
    version: definition.version,
    host: definition.host ?? LOCALHOST,
    port,
    ...(definition.after && { after: definition.after }),
    ...(command.details && { details: command.details }),
  };
  const watchdog = child.pid === undefined ? undefined : watch(child.pid);
  child.once('exit', () => watchdog?.release());
  return {
    record,
    ready: ({ timeoutMs, signal }) => untilReady(definition, { port, startedAt, failure, timeoutMs, signal }),
    letGo() {
      letGo(child, watchdog);
    },
  };
}

/** Runs a program to its end, its output in the log file. */
export async function runToEnd(
  name: string,
  command: Command,
  logFile: string,
  signal: AbortSignal,
): Promise<void> {
  const child = spawnLogged(command, logFile);
  const watchdog = child.pid === undefined ? undefined : watch(child.pid);
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (code !== 0)
      throw died(name, `${command.args.at(-4) ?? command.file} exited with ${code ?? 'a signal'}`, logFile);
  } finally {
    signal.removeEventListener('abort', kill);
    watchdog?.release();
  }
}

function spawnLogged(command: Command, logFile: string): ChildProcess {
  const log = openSync(logFile, 'w');
  try {
    const isJvm = basename(command.file) === 'java';
    return spawn(command.file, isJvm ? [...JVM_LOCALE, ...command.args] : command.args, {
      cwd: command.cwd,
      // eslint-disable-next-line no-restricted-properties -- handed on as it is: nothing in it is a setting of this library
      env: withFixedLocale(command.env?.(process.env) ?? process.env),
      stdio: ['ignore', log, log],
      // A process group of its own: a Ctrl-C in the terminal is for the owner, see watchdog.ts.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

/** Rejects when the process ends, never resolves. */
function endOf(child: ChildProcess, name: string, logFile: string): Promise<never> {
  const end = new Promise<never>((_, reject) => {
    child.once('error', (cause) => {
      reject(new LocalStackError('service-died', `${name} cannot be started: ${cause.message}`, { cause }));
    });
    child.once('exit', (code, signal) => {
      reject(
        died(name, `${name} ended (${signal ?? `exit code ${String(code)}`}) before it was ready`, logFile),
      );
    });
  });
  end.catch(() => undefined);
  return end;
}

async function untilReady(
  definition: NodeDefinition,
  start: {
    readonly port: number;
    readonly startedAt: number;
    readonly failure: Promise<never>;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { port, startedAt, failure, timeoutMs, signal } = start;
  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal]);
  let lastError: unknown;
  const probing = async () => {
    while (!limit.aborted) {
      // The client libraries are asked only once something listens: their own retries are slower than this loop.
      if (await accepts(port, definition.host)) {
        try {
          await definition.probe(port, limit, startedAt);
          return;
        } catch (error) {
          lastError = error;
        }
      }
      await delay(POLL_MS, undefined, { signal: limit }).catch(() => undefined);
    }
    throw new LocalStackError('aborted', `the start of ${definition.name} was given up`);
  };
  const late = async () => {
    await delay(timeoutMs, undefined, { signal: over.signal });
    throw lateError(definition.name, port, timeoutMs, lastError);
  };
  const aborted = new Promise<never>((_, reject) => {
    const give = () => {
      reject(new LocalStackError('aborted', `the start of ${definition.name} was given up`));
    };
    limit.addEventListener('abort', give, { once: true });
    if (limit.aborted) give();
  });
  try {
    await Promise.race([probing(), failure, late(), aborted]);
  } finally {
    over.abort();
  }
}

function lateError(name: string, port: number, timeoutMs: number, lastError: unknown): LocalStackError {
  const last = lastError instanceof Error ? ` (last attempt: ${lastError.message})` : '';
  return new LocalStackError(
    'start-timeout',
    `${name} was not ready on port ${port} after ${timeoutMs / 1000} s${last}: see its log, or allow more time`,
    { cause: lastError },
  );
}

function letGo(child: ChildProcess, watchdog: Watchdog | undefined): void {
  watchdog?.release();
  child.unref();
}

function died(name: string, what: string, logFile: string): LocalStackError {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
  return new LocalStackError(
    'service-died',
    `${what}. The last lines of ${logFile}:\n${lines.map((line) => `  ${line.slice(0, 300)}`).join('\n')}\n` +
      `Look there for the reason; if the data of ${name} is damaged, delete its folder beside the logs and start again.`,
  );
}
