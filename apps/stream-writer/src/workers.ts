import { exitLate } from '@sluice/app-runtime';
import type { PipelineSummary } from '@sluice/stream-pipeline';
import { createLogger, type Logger, mergeMetrics, Metrics, startHealthServer } from '@sluice/telemetry';
import type { WriterConfig } from './config.ts';
import { programInfo } from './program-info.ts';
import { type WorkerEnd, WorkerProcess } from './worker-process.ts';
import {
  closingMs,
  nothing,
  sayStopping,
  secondsSince,
  StoppedEarly,
  warnOfHeld,
  type WriteOptions,
} from './write.ts';

export interface WorkersOptions extends WriteOptions {
  readonly workers: number;
}

/** Beside what a worker may take for its stop, ms. */
const collectingMs = 1_000;

/**
 * As `write`, by several processes of one consumer group. This one only starts and stops them, and serves their metrics as one. A worker
 * that dies ends the whole run, for a service manager to start it again: nothing is lost by it.
 */
export async function writeByWorkers(
  config: WriterConfig,
  { workers: count, until, waitForTransactions, json, signal }: WorkersOptions,
): Promise<void> {
  exitLate(signal, {
    ms: config.SHUTDOWN_TIMEOUT + closingMs + collectingMs,
    exit: (code) => process.exit(code),
  });
  const logger = createLogger({ name: 'stream-writer', level: config.LOG_LEVEL });
  const command =
    until === 'end' ? ['drain', ...(waitForTransactions ? ['--wait-transactions'] : [])] : ['serve'];
  const started = performance.now();
  const workers = Array.from(
    { length: count },
    (_, index) => new WorkerProcess(command, { number: index + 1, of: count }),
  );
  const killAll = () => {
    for (const worker of workers) worker.kill();
  };
  process.once('exit', killAll);
  const server = await startHealthServer({
    ...observed(workers),
    host: config.METRICS_HOST,
    allowedHosts: config.ALLOWED_HOSTS,
    port: config.METRICS_PORT,
    info: programInfo(config),
    logger,
  });
  logger.info({ port: server.port, workers: count }, 'metrics and health are served');
  sayStopping(config, logger, signal);
  try {
    const summary = await untilEnded(workers, { until, logger, signal });
    const seconds = secondsSince(started);
    logger.info({ ...summary, seconds }, 'stopped');
    warnOfHeld(summary, logger);
    if (json) process.stdout.write(`${JSON.stringify({ ...summary, seconds })}\n`);
    if (until === 'end' && signal.aborted) throw new StoppedEarly();
  } finally {
    process.off('exit', killAll);
    await server.close();
  }
}

/** Metrics and health of all workers as of one: ready where each of them is. */
function observed(workers: readonly WorkerProcess[]) {
  const reports = () => Promise.all(workers.map((worker) => worker.report()));
  return {
    live: () => true,
    ready: async () => {
      const health = (await reports()).map(
        (report) => report?.health ?? { ready: false, reasons: ['worker:no-answer'], degraded: [] },
      );
      return {
        ready: health.every(({ ready }) => ready),
        reasons: [...new Set(health.flatMap(({ reasons }) => reasons))],
        degraded: health.flatMap(({ degraded }) => degraded),
      };
    },
    metrics: {
      contentType: new Metrics().contentType,
      text: async () => {
        const metrics = (await reports()).map((report) => report?.metrics);
        // Without one of them, counters would go back for a while, as if the process had been started anew.
        if (!metrics.every((snapshot) => snapshot !== undefined))
          throw new Error('a worker does not answer: its metrics are missing');
        return mergeMetrics(metrics);
      },
    },
  };
}

interface Ending extends Pick<WriteOptions, 'until' | 'signal'> {
  readonly logger: Logger;
}

/** Resolves with what all have settled; where one fails, the others finish what is in flight first. */
async function untilEnded(
  workers: readonly WorkerProcess[],
  { until, logger, signal }: Ending,
): Promise<PipelineSummary> {
  const stopAll = () => {
    for (const worker of workers) worker.stop();
  };
  if (signal.aborted) stopAll();
  else signal.addEventListener('abort', stopAll, { once: true });
  let failure: WorkerFailed | undefined;
  let total = nothing;
  const ends = workers.map(async ({ number, ended }) => {
    const end = await ended;
    if (end.summary) total = sum(total, end.summary);
    const complete = end.code === 0 && end.summary !== undefined;
    // one that is stopped before its end says so as a whole
    const expected = until === 'end' ? complete || signal.aborted : complete && signal.aborted;
    if (expected || failure) return;
    logger.error({ worker: number, code: end.code, signal: end.signal }, 'a worker has ended: stopping all');
    failure = new WorkerFailed(number, end);
    stopAll();
  });
  await Promise.all(ends);
  if (failure) throw failure;
  return total;
}

function sum(a: PipelineSummary, b: PipelineSummary): PipelineSummary {
  return {
    written: a.written + b.written,
    deduplicated: a.deduplicated + b.deduplicated,
    filtered: a.filtered + b.filtered,
    deadLettered: a.deadLettered + b.deadLettered,
    abandoned: a.abandoned + b.abandoned,
    // each counts those of the whole topic; the largest count hides none
    ...held(a, b),
  };
}

function held(a: PipelineSummary, b: PipelineSummary): Pick<PipelineSummary, 'held'> {
  const counts = [a.held, b.held].filter((count) => count !== undefined);
  return counts.length > 0 ? { held: Math.max(...counts) } : {};
}

class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
  readonly code = 'worker-failed';

  constructor(number: number, { code, signal, message }: WorkerEnd) {
    super(
      message ??
        `worker ${number} ended by ${signal ?? `exit code ${String(code)}`} without being asked to: see its lines in the log. ` +
          'Nothing is lost: start again, and what was not committed is written again.',
    );
  }
}
