import { randomUUID } from 'node:crypto';
import type { Logger } from '@sluice/telemetry';
import type { Task } from './contract/tasks.ts';
import type { History } from './history.ts';
import { conflict, notFound, toConsoleError } from './problem.ts';

type Update = Partial<Pick<Task, 'progress' | 'redrive' | 'audit'>>;

export interface TaskToStart extends Pick<Task, 'kind' | 'title' | 'dryRun' | 'by'> {
  /** What only one task at a time may work on, such as a topic's dead letters. */
  readonly lock: string;
  /** Does it. `report` tells how it gets on; the last word is what it returns. */
  readonly work: (report: (update: Update) => void, signal: AbortSignal) => Promise<Update>;
}

export interface TasksOptions {
  readonly history: Pick<History, 'saveTask' | 'tasks'>;
  readonly logger: Pick<Logger, 'error'>;
  /** Wall clock, ms since the epoch. Default: Date.now. */
  readonly now?: () => number;
}

interface Running {
  readonly lock: string;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Progress is told no more often than this, ms. */
const reportMs = 500;

/** What operators start and takes its time. One task a lock; those that ended are kept in the history. */
export class Tasks {
  readonly #options: Required<TasksOptions>;
  readonly #tasks = new Map<string, Task>();
  readonly #running = new Map<string, Running>();
  readonly #listeners = new Set<(task: Task) => void>();

  constructor(options: TasksOptions) {
    this.#options = { now: Date.now, ...options };
    for (const task of options.history.tasks()) {
      // it ended with the process that ran it
      const ended =
        task.state === 'running' ? { ...task, state: 'stopped' as const, endedAt: task.startedAt } : task;
      if (ended !== task) options.history.saveTask(ended);
      this.#tasks.set(task.id, ended);
    }
  }

  /** Newest first. */
  list(kind?: Task['kind']): Task[] {
    return [...this.#tasks.values()]
      .filter((task) => kind === undefined || task.kind === kind)
      .sort((one, other) => other.startedAt - one.startedAt)
      .slice(0, 200);
  }

  /** @throws ConsoleError 404 */
  find(id: string): Task {
    const task = this.#tasks.get(id);
    if (task) return task;
    throw notFound('there is no such task', 'Look at the list of tasks.');
  }

  /** The task that works on something. */
  runningOn(lock: string): Task | undefined {
    for (const [id, running] of this.#running) if (running.lock === lock) return this.#tasks.get(id);
    return undefined;
  }

  /** @throws ConsoleError 409 where a task with the same lock runs */
  start({ lock, work, ...about }: TaskToStart): Task {
    const other = this.runningOn(lock);
    if (other)
      throw conflict(
        `${other.kind}-running`,
        `${other.by} started one ${Math.round((this.#options.now() - other.startedAt) / 1000)} s ago, and it still runs: ${other.title}`,
        'Wait for its end, or stop it; then look again before you start another.',
      );
    const task: Task = {
      ...about,
      id: randomUUID(),
      state: 'running',
      startedAt: this.#options.now(),
      endedAt: null,
      progress: { phase: 'starting', done: 0, total: 0 },
      redrive: null,
      audit: null,
      problem: null,
    };
    this.#set(task);
    const stop = new AbortController();
    const ended = this.#run(task.id, work, stop.signal);
    this.#running.set(task.id, { lock, stop, ended });
    return task;
  }

  /** @throws ConsoleError 404, 409 where it has ended */
  async stop(id: string): Promise<Task> {
    const task = this.find(id);
    const running = this.#running.get(id);
    if (!running)
      throw conflict('task-ended', `the task is ${task.state} already`, 'Nothing is left to stop.');
    running.stop.abort();
    await running.ended;
    return this.find(id);
  }

  /** Called with each change of a task until the returned function is called. */
  onChange(listener: (task: Task) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops what runs, and waits for it. */
  async close(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #run(id: string, work: TaskToStart['work'], signal: AbortSignal): Promise<void> {
    let reportedAt = -Infinity;
    const report = (update: Update) => {
      const at = performance.now();
      const isDue = at - reportedAt >= reportMs;
      if (isDue) reportedAt = at;
      this.#update(id, update, { tell: isDue });
    };
    try {
      // the answer to the start goes out first
      await Promise.resolve();
      signal.throwIfAborted();
      const last = await work(report, signal);
      this.#end(id, { ...last, state: signal.aborted ? 'stopped' : 'done' });
    } catch (error) {
      if (signal.aborted) this.#end(id, { state: 'stopped' });
      else {
        this.#options.logger.error({ err: error, task: id }, 'a task failed');
        this.#end(id, { state: 'failed', problem: toConsoleError(error).problem });
      }
    }
  }

  #end(id: string, update: Partial<Task>): void {
    this.#running.delete(id);
    this.#update(id, { ...update, endedAt: this.#options.now() }, { tell: true });
    const task = this.#tasks.get(id);
    if (task) this.#options.history.saveTask(task);
  }

  #update(id: string, update: Partial<Task>, { tell }: { readonly tell: boolean }): void {
    const task = this.#tasks.get(id);
    if (!task) return;
    const updated = { ...task, ...update };
    this.#tasks.set(id, updated);
    if (tell) for (const listener of this.#listeners) listener(updated);
  }

  #set(task: Task): void {
    this.#tasks.set(task.id, task);
    this.#options.history.saveTask(task);
    for (const listener of this.#listeners) listener(task);
  }
}
