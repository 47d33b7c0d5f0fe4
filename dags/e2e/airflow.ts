import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { StackEndpoints } from '@sluice/local-stack';
import { until } from './until.ts';

type Params = Readonly<Record<string, unknown>>;

export interface TaskState {
  readonly task: string;
  readonly state: string | null;
  readonly tries: number;
  readonly seconds: number | null;
}

export interface RunOutcome {
  readonly dag: string;
  readonly run: string;
  readonly state: string;
  readonly tasks: readonly TaskState[];
}

const requestMs = 20_000;
/** Beside the work itself: the scheduler, and Spark on a busy machine. */
const runMs = 1_200_000;
const finished = new Set(['success', 'failed']);

/** A running Airflow, as people use it: by its REST API and by its command line. */
export class Airflow {
  readonly #url: string;
  readonly #home: string;
  readonly #python: string;
  readonly #token: string;

  /** Logs in as the administrator. */
  static async connect(
    { url, home }: NonNullable<StackEndpoints['airflow']>,
    administrator: { readonly username: string; readonly password: string },
    python: string,
  ): Promise<Airflow> {
    const response = await fetch(`${url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(administrator),
      signal: AbortSignal.timeout(requestMs),
    });
    if (!response.ok) throw new Error(`Airflow refuses the administrator: ${response.status}`);
    const { access_token: token } = (await response.json()) as { access_token: string };
    return new Airflow(url, { home, python, token });
  }

  private constructor(
    url: string,
    { home, python, token }: Readonly<Record<'home' | 'python' | 'token', string>>,
  ) {
    this.#url = url;
    this.#home = home;
    this.#python = python;
    this.#token = token;
  }

  /** Waits until the files of the DAGs are read, and lets the DAGs run: new ones are paused. */
  async unpause(dag: string): Promise<void> {
    await until(`Airflow knows ${dag}`, async () => (await this.#call('GET', `/dags/${dag}`)).status === 200);
    const { status } = await this.#call('PATCH', `/dags/${dag}`, { is_paused: false });
    if (status !== 200) throw new Error(`${dag} cannot be unpaused: ${status}`);
  }

  /** Messages of files that are no valid DAGs. */
  async importErrors(): Promise<readonly string[]> {
    const { body } = await this.#call('GET', '/importErrors');
    return (body.import_errors as { stack_trace: string }[]).map(({ stack_trace: trace }) => trace);
  }

  /** Starts a run by REST; its id, or the status with which it was refused. */
  async trigger(dag: string, conf: Params = {}): Promise<{ readonly run?: string; readonly status: number }> {
    const { status, body } = await this.#call('POST', `/dags/${dag}/dagRuns`, { logical_date: null, conf });
    return status === 200 ? { status, run: String(body.dag_run_id) } : { status };
  }

  /** Starts a run of that id by the command line. */
  async triggerByCommand(dag: string, run: string, conf: Params = {}): Promise<void> {
    const args = ['-m', 'airflow', 'dags', 'trigger', dag, '--run-id', run, '--conf', JSON.stringify(conf)];
    await promisify(execFile)(this.#python, args, {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, AIRFLOW_HOME: this.#home },
    });
  }

  async tasks(dag: string, run: string): Promise<readonly TaskState[]> {
    const { body } = await this.#call('GET', `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances`);
    const found = body.task_instances as {
      task_id: string;
      state: string | null;
      try_number: number;
      duration: number | null;
    }[];
    return found.map(({ task_id: task, state, try_number: tries, duration: seconds }) => ({
      task,
      state,
      tries,
      seconds,
    }));
  }

  /** Waits until a task is in that state. */
  async reached(dag: string, run: string, wanted: Pick<TaskState, 'task' | 'state'>): Promise<void> {
    await until(
      `${dag}.${wanted.task} is ${String(wanted.state)}`,
      async () =>
        (await this.tasks(dag, run)).some(
          ({ task, state }) => task === wanted.task && state === wanted.state,
        ),
      { withinMs: runMs },
    );
  }

  /** Waits for the end of a run. */
  async ended(dag: string, run: string): Promise<RunOutcome> {
    const state = await until(
      `the run ${run} of ${dag} ends`,
      async () => {
        const { body } = await this.#call('GET', `/dags/${dag}/dagRuns/${encodeURIComponent(run)}`);
        return finished.has(String(body.state)) && String(body.state);
      },
      { withinMs: runMs },
    );
    return { dag, run, state, tasks: await this.tasks(dag, run) };
  }

  /** The log of one try, as text. */
  async log(dag: string, run: string, task: string, attempt: number): Promise<string> {
    const path = `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances/${task}/logs/${attempt}`;
    const { body } = await this.#call('GET', path);
    const lines = body.content as ({ event?: string } | string)[];
    return lines.map((line) => (typeof line === 'string' ? line : (line.event ?? ''))).join('\n');
  }

  async #call(method: string, path: string, body?: Params) {
    const response = await fetch(`${this.#url}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(requestMs),
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}
