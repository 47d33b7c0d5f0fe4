import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startStack, type AirflowEndpoint } from '../../src/index.ts';
import { environmentOf } from './environment.ts';
import { listeningSockets } from './listening.ts';

const DAG = `
import os
from airflow.sdk import dag, task

@dag(schedule=None)
def greeting():
    @task
    def greet():
        with open(os.environ["GREETING_FILE"], "w") as file:
            file.write("hello")
    greet()

greeting()
`;

/** A client of the REST API, logged in as that user. */
async function clientOf({ url, username, passwordFile }: AirflowEndpoint) {
  const passwords = JSON.parse(await readFile(passwordFile, 'utf8')) as Record<string, string>;
  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const login = { username, password: passwords[username] };
  const { access_token: token } = await call('POST', '/auth/token', login);
  return (method: string, path: string, body?: unknown) => call(method, path, body, String(token));
}

/** Processes that have the folder in their command or among their open files, those of PostgreSQL and of tasks too. */
async function processesOf(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', 'ls -l /proc/[0-9]*/cwd /proc/[0-9]*/fd 2>/dev/null || true'],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .join('\n');
}

test('Airflow runs a DAG that is triggered by REST, on this machine alone, and leaves no process', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-airflow-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const dagsFolder = join(dataDir, 'dags');
  const greetingFile = join(dataDir, 'greeting');
  await mkdir(dagsFolder);
  await writeFile(join(dagsFolder, 'greeting.py'), DAG);
  const stack = await startStack({
    services: ['airflow'],
    startTimeoutMs: 240_000,
    dataDir,
    airflow: { environment: await environmentOf('dags'), dagsFolder, env: { GREETING_FILE: greetingFile } },
  });
  onTestFinished(() => stack.stop());
  const endpoint = stack.endpoints.airflow!;
  for (const file of [endpoint.passwordFile, join(endpoint.home, 'airflow.cfg')])
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(clientOf({ ...endpoint, username: 'someone' })).rejects.toThrow('answers 4');

  const api = await clientOf(endpoint);
  const dag = '/api/v2/dags/greeting';
  await vi.waitFor(() => api('PATCH', dag, { is_paused: false }), { timeout: 30_000, interval: 250 });
  const runner = await clientOf({ ...endpoint, username: endpoint.runner });
  expect(await runner('GET', '/api/v2/dags')).toMatchObject({ dags: [{ dag_id: 'greeting' }] });
  for (const path of ['/api/v2/connections', '/api/v2/variables', '/api/v2/config'])
    await expect(runner('GET', path)).rejects.toThrow('answers 403');
  const run = await runner('POST', `${dag}/dagRuns`, { logical_date: null });
  await vi.waitFor(
    async () => {
      expect(await api('GET', `${dag}/dagRuns/${String(run.dag_run_id)}`)).toMatchObject({
        state: 'success',
      });
    },
    { timeout: 180_000, interval: 250 },
  );
  expect(await readFile(greetingFile, 'utf8')).toBe('hello');
  const sockets = await listeningSockets(stack.services.map(({ pid }) => pid));
  expect(new Set(sockets.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']));

  // Its workers do not notice; the stack ends them.
  await stack.kill('airflow-scheduler');
  await stack.stop();
  expect(await processesOf(dataDir)).toBe('');
}, 400_000);
