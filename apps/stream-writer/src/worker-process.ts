import { type ChildProcess, fork } from 'node:child_process';
import type { PipelineSummary } from '@sluice/stream-pipeline';
import type { FromWorker, ToWorker, WorkerReport } from './worker-messages.ts';

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Of a worker that came to its end. */
  readonly summary?: PipelineSummary;
  /** What it said before it ended with an error. */
  readonly message?: string;
}

/** A worker that is busier than this does not count as ready, ms. */
const answerWithinMs = 5_000;

/** One worker, as the process that started it sees it. It ends with that process, however that ends. */
export class WorkerProcess {
  readonly number: number;
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, (report: WorkerReport | undefined) => void>();
  #asks = 0;
  #final: WorkerReport | undefined;
  #last: Pick<WorkerEnd, 'summary' | 'message'> = {};

  /** Starts this program again with this command and its options, and with the same flags of Node. */
  constructor(command: readonly string[], { number, of }: { readonly number: number; readonly of: number }) {
    this.number = number;
    const args = [...command, '--workers', String(of), '--worker', String(number)];
    this.#child = fork(process.argv[1] ?? '', args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (message: FromWorker) => {
      this.#take(message);
    });
    this.ended = new Promise((resolve) => {
      this.#child.on('error', ({ message }) => {
        resolve({ code: null, signal: null, message });
      });
      this.#child.once('exit', (code, signal) => {
        for (const answer of this.#asked.values()) answer(undefined);
        resolve({ code, signal, ...this.#last });
      });
    });
  }

  /** Of one that came to its end, what it had counted by then. Undefined from one that does not answer in time, or has died. */
  async report(): Promise<WorkerReport | undefined> {
    if (this.#final) return this.#final;
    const id = ++this.#asks;
    let late: NodeJS.Timeout | undefined;
    const report = await new Promise<WorkerReport | undefined>((resolve) => {
      late = setTimeout(resolve, answerWithinMs, undefined);
      this.#asked.set(id, resolve);
      if (!this.#send({ kind: 'report', id })) resolve(undefined);
    });
    clearTimeout(late);
    this.#asked.delete(id);
    return report;
  }

  /** Asks it to finish what is in flight, once or more often. */
  stop(): void {
    this.#send({ kind: 'stop' });
  }

  /** Ends it at once: what it has not committed is written again, later. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: ToWorker): boolean {
    // without a callback, a channel that closes meanwhile would be an uncaught error
    return this.#child.connected && this.#child.send(message, () => undefined);
  }

  #take(message: FromWorker): void {
    if (message.kind === 'reported') this.#asked.get(message.id)?.(message.report);
    else if (message.kind === 'ended') {
      this.#last = { summary: message.summary };
      this.#final = { health: { ready: true, reasons: [], degraded: [] }, metrics: message.metrics };
    } else this.#last = { message: message.message };
  }
}
