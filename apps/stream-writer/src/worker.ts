import { describeError, exitLate } from '@sluice/app-runtime';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import type { WriterConfig } from './config.ts';
import { Readiness } from './readiness.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';
import { closingMs, type WriteOptions, writeTopic } from './write.ts';

export interface WorkerOptions extends Pick<WriteOptions, 'until' | 'waitForTransactions' | 'signal'> {
  /** From 1 on; a field of every line of its log. */
  readonly number: number;
}

/**
 * One of several writers that share a group: as `write`, but metrics, health, the result and a failure go to the process that
 * started it, which speaks for all of them. Sets the exit code.
 */
export async function writeAsWorker(
  config: WriterConfig,
  { number, until, waitForTransactions, signal: own }: WorkerOptions,
): Promise<void> {
  const metrics = createPipelineMetrics({ pipeline: config.KAFKA_GROUP_ID });
  const readiness = new Readiness(metrics);
  const asked = new AbortController();
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') asked.abort();
    else void report(message.id);
  });
  const report = async (id: number) => {
    const current = { health: readiness.current, metrics: await metrics.registry.snapshot() };
    await send({ kind: 'reported', id, report: current });
  };
  // A service manager may signal the worker as well as its parent, which passes it on: to be asked twice is no second signal.
  const signal = AbortSignal.any([own, asked.signal]);
  exitLate(signal, { ms: config.SHUTDOWN_TIMEOUT + closingMs, exit: (code) => process.exit(code) });
  const logger = createLogger({ name: 'stream-writer', level: config.LOG_LEVEL }).child({ worker: number });
  try {
    const run = { until, waitForTransactions, metrics, readiness, logger, signal };
    const summary = await writeTopic(config, run);
    logger.info({ ...summary }, 'worker stopped');
    await send({ kind: 'ended', summary, metrics: await metrics.registry.snapshot() });
  } catch (error) {
    await send({ kind: 'failed', message: describeError(error) });
    process.exitCode = 1;
  }
}

/** Resolves when it is on its way: what a process that exits has not sent yet is lost. */
function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) resolve();
    else
      process.send(message, () => {
        resolve();
      });
  });
}
