import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What the console shows of a DAG, as far as it is looked at here. */
interface ShownDag {
  readonly dag: string;
  readonly runs: readonly { readonly run: string; readonly state: string }[];
}

type Body = Readonly<Record<string, unknown>>;

const requestMs = 30_000;

/** A running console, as an operator uses it. */
export class Console {
  readonly #url: string;
  readonly #cookie: string;
  readonly #stop: () => Promise<void>;

  /** Starts the built program with these settings, and logs in. */
  static async start(program: string, env: Readonly<Record<string, string>>): Promise<Console> {
    const token = randomUUID();
    const child = spawn(process.execPath, [program, 'serve', '--json'], {
      env: {
        PATH: process.env.PATH,
        ...env,
        LOG_LEVEL: 'warn',
        CONSOLE_PORT: '0',
        CONSOLE_OPERATOR_TOKEN: token,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    const stop = async () => {
      child.kill('SIGTERM');
      await ended;
    };
    try {
      const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as unknown[];
      if (typeof line !== 'string') throw new Error(`the console ended with ${String(line)}, see above`);
      const { url } = JSON.parse(line) as { url: string };
      const login = await request(`${url}/api/session`, { body: { token } });
      const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
      return new Console(url, cookie, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  private constructor(url: string, cookie: string, stop: () => Promise<void>) {
    this.#url = url;
    this.#cookie = cookie;
    this.#stop = stop;
  }

  /** The state of a run, by its page of jobs; undefined where it shows none. */
  async stateOf(dag: string, run: string): Promise<string | undefined> {
    const response = await request(`${this.#url}/api/jobs`, { cookie: this.#cookie });
    const { airflow } = (await response.json()) as { airflow: { dags: readonly ShownDag[] } };
    return airflow.dags.find((one) => one.dag === dag)?.runs.find((one) => one.run === run)?.state;
  }

  /** Starts a run; its id, or what the console says. */
  async trigger(dag: string, params: Body): Promise<{ readonly run?: string; readonly said?: string }> {
    const response = await request(`${this.#url}/api/jobs/${dag}/trigger`, {
      cookie: this.#cookie,
      body: { confirm: true, params },
    });
    const { run, error } = (await response.json()) as { run?: string; error?: { message: string } };
    return run === undefined ? { said: error?.message ?? '' } : { run };
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** A POST where there is a body. */
function request(url: string, { cookie = '', body }: { cookie?: string; body?: Body }): Promise<Response> {
  return fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { cookie, 'x-sluice-console': '1', ...(body && { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(requestMs),
    ...(body && { body: JSON.stringify(body) }),
  });
}
