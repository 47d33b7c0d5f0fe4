import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineJob, EngineRun, FromEngine } from './engine-messages.ts';
import { leanHeap } from './lean-heap.ts';

export interface EngineSetup extends Omit<EngineJob, 'groupId'> {
  readonly partitions: number;
  /** Processes that share the partitions. Default 1. */
  readonly workers?: number;
}

/** What the engines of one run came to together. */
export interface EngineResult {
  readonly recordsPerSecond: number;
  /** Time of one record, us. */
  readonly microsPerRecord: number;
  /** CPU of all processes. */
  readonly cpuMicrosPerRecord: number;
  /** Of the largest one. */
  readonly peakRssMb: number;
}

const assignedWithinMs = 60_000;
let runs = 0;

/** Runs engines over a whole topic in a group of their own. Their clocks start when each has its share of the partitions. */
export async function runEngines({ partitions, workers = 1, ...setup }: EngineSetup): Promise<EngineResult> {
  const groupId = `engine-${process.pid}-${++runs}`;
  const engines = Array.from({ length: workers }, () => new Engine({ ...setup, groupId }));
  try {
    await Promise.race([
      untilShared(engines, partitions),
      Promise.all(engines.map(({ done }) => done)).then(() => {
        throw new Error('the engines have ended before they were told to begin');
      }),
    ]);
    for (const engine of engines) engine.begin();
    return together(await Promise.all(engines.map(({ done }) => done)));
  } finally {
    for (const engine of engines) engine.kill();
  }
}

class Engine {
  /** The partitions that it has now. */
  assigned: readonly number[] = [];
  onAssigned: () => void = () => undefined;
  readonly done: Promise<EngineRun>;
  readonly #child: ChildProcess;

  constructor(job: EngineJob) {
    this.#child = fork(join(import.meta.dirname, 'engine-run.ts'), [JSON.stringify(job)], {
      execArgv: [...leanHeap, '--conditions=@sluice/source'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let run: EngineRun | undefined;
    this.#child.on('message', (message: FromEngine) => {
      if (message.kind === 'done') run = message;
      else {
        this.assigned = message.partitions;
        this.onAssigned();
      }
    });
    this.done = once(this.#child, 'exit').then(([code]) => {
      if (run) return run;
      throw new Error(`an engine ended with exit code ${String(code)}, see above`);
    });
    this.done.catch(() => undefined);
  }

  begin(): void {
    this.#child.send('go');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Resolves when the engines have all partitions between them, as evenly as can be. */
async function untilShared(engines: readonly Engine[], partitions: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    const late = () => {
      reject(new Error(`the group did not come together within ${assignedWithinMs / 1000} s`));
    };
    timer = setTimeout(late, assignedWithinMs);
    const check = () => {
      const all = new Set(engines.flatMap(({ assigned }) => assigned));
      const total = engines.reduce((sum, { assigned }) => sum + assigned.length, 0);
      const least = Math.floor(partitions / engines.length);
      if (
        all.size === partitions &&
        total === partitions &&
        engines.every(({ assigned }) => assigned.length >= least)
      )
        resolve();
    };
    for (const engine of engines) engine.onAssigned = check;
  }).finally(() => {
    clearTimeout(timer);
  });
}

function together(runs: readonly EngineRun[]): EngineResult {
  const records = runs.reduce((sum, run) => sum + run.records, 0);
  const cpuSeconds = runs.reduce((sum, run) => sum + run.cpuSeconds, 0);
  const ms =
    Math.max(...runs.map(({ endedAt }) => endedAt)) - Math.min(...runs.map(({ startedAt }) => startedAt));
  return {
    recordsPerSecond: (records * 1000) / ms,
    microsPerRecord: (ms * 1000) / records,
    cpuMicrosPerRecord: (cpuSeconds * 1e6) / records,
    peakRssMb: Math.max(...runs.map(({ peakRssMb }) => peakRssMb)),
  };
}
