import { boundedText } from './bounded-text.ts';
import type { Dag, DagRun } from './contract/jobs.ts';
import { ConsoleError } from './problem.ts';

export interface AirflowOptions {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Of one request, ms. Default 4,000. */
  readonly timeoutMs?: number;
}

const shownRuns = 10;
/** 100 DAGs with their descriptions are far less. */
const maxBytes = 4 * 1024 * 1024;

/** Airflow 3's REST interface, as far as the console needs it. https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html */
export class Airflow {
  readonly #options: Required<Pick<AirflowOptions, 'timeoutMs'>> & AirflowOptions;
  #token: string | undefined;

  constructor(options: AirflowOptions) {
    this.#options = { timeoutMs: 4_000, ...options };
  }

  /** All DAGs with their newest runs. @throws ConsoleError 503 */
  async dags(): Promise<Dag[]> {
    const { dags = [] } = (await this.#ask('GET', '/dags?limit=100')) as { dags?: readonly AnyRecord[] };
    return Promise.all(
      dags.map(async (dag) => {
        const id = String(dag.dag_id);
        const { dag_runs: runs = [] } = (await this.#ask(
          'GET',
          `/dags/${encodeURIComponent(id)}/dagRuns?limit=${shownRuns}&order_by=-run_after`,
        )) as { dag_runs?: readonly AnyRecord[] };
        return {
          dag: id,
          description: text(dag.description) ?? '',
          paused: dag.is_paused === true,
          schedule: text(dag.timetable_summary) ?? text(dag.timetable_description),
          runs: runs.map(runOf),
        };
      }),
    );
  }

  /** Starts a run now. @throws ConsoleError 404 where there is no such DAG, 400 where it refuses the params, 503 */
  async trigger(dag: string, params: Readonly<Record<string, unknown>>): Promise<DagRun> {
    const path = `/dags/${encodeURIComponent(dag)}/dagRuns`;
    return runOf((await this.#ask('POST', path, { logical_date: null, conf: params })) as AnyRecord);
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    let answer = await this.#send(method, path, body);
    if (answer.status === 401 && this.#options.username) {
      // the token expires after a day
      this.#token = undefined;
      answer = await this.#send(method, path, body);
    }
    if (answer.ok) return bodyOf(answer);
    if (answer.status === 404)
      throw new ConsoleError('Airflow has no such DAG', {
        status: 404,
        code: 'unknown-dag',
        action: 'Look at the list of jobs.',
      });
    if (answer.status === 400 || answer.status === 422)
      throw new ConsoleError(`Airflow refuses the params${await reasonOf(answer)}`, {
        status: 400,
        code: 'airflow-refused',
        action: 'Compare them with the params of the DAG.',
      });
    throw away(
      `Airflow answered ${answer.status}`,
      answer.status === 403 ? 'Give its user the right.' : undefined,
    );
  }

  async #send(method: 'GET' | 'POST', path: string, body: unknown): Promise<Response> {
    this.#token ??= await this.#logIn();
    return this.#fetch(`/api/v2${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Empty where no user is configured. */
  async #logIn(): Promise<string> {
    const { username, password } = this.#options;
    if (!username) return '';
    const answer = await this.#fetch('/auth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    if (!answer.ok)
      throw away(
        'Airflow refused the login',
        'Set AIRFLOW_USERNAME and AIRFLOW_PASSWORD, and start the console again.',
      );
    return String((await bodyOf(answer)).access_token);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { url, timeoutMs } = this.#options;
    try {
      return await fetch(url + path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    } catch (cause) {
      throw away(`Airflow at ${url} does not answer`, undefined, cause);
    }
  }
}

type AnyRecord = Readonly<Record<string, unknown>>;

async function bodyOf(answer: Response): Promise<AnyRecord> {
  return JSON.parse(await boundedText(answer, maxBytes)) as AnyRecord;
}

function runOf(run: AnyRecord): DagRun {
  return {
    run: String(run.dag_run_id),
    state: String(run.state),
    type: String(run.run_type),
    startedAt: instant(run.start_date),
    endedAt: instant(run.end_date),
  };
}

/** The first line of what Airflow says; the schema of the param follows. */
async function reasonOf(answer: Response): Promise<string> {
  const { detail } = await bodyOf(answer).catch((): AnyRecord => ({}));
  return typeof detail === 'string' ? `: ${detail.split('\n', 1).join('')}` : '';
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function instant(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

function away(message: string, action = 'Start it, or look at its log.', cause?: unknown): ConsoleError {
  return new ConsoleError(message, { status: 503, code: 'airflow-away', action, cause });
}
