import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program } from '../program.ts';

// As in a container: everything from the environment and from files, one folder to write to, and servers that are away.
const nobody = '127.0.0.1:1';
const token = 'a-token-of-a-secret';
let folder: string;
let state: string;
let program: Program;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'console-'));
  state = join(folder, 'state');
  const secret = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, `${text}\n`);
    return file;
  };
  program = new Program('console', ['serve', '--json'], {
    CONSOLE_PORT: '0',
    CONSOLE_STATE_DIR: state,
    CONSOLE_VIEWER_TOKEN_FILE: secret('viewer', token),
    CONSOLE_OPERATOR_TOKEN_FILE: secret('operator', `${token}-too`),
    KAFKA_BROKERS: nobody,
    CASSANDRA_CONTACT_POINTS: nobody,
    SCHEMA_REGISTRY_URL: '',
    AIRFLOW_URL: '',
    SPARK_METRICS_URL: '',
    LOG_LEVEL: 'silent',
  });
  url = String((await program.announcement()).url);
});
afterAll(async () => {
  await program.stop();
  rmSync(folder, { recursive: true });
});

test('it is ready without its servers, which it shows as away', async () => {
  const answer = await fetch(`${url}/health/ready`);
  expect([answer.status, await answer.json()]).toEqual([200, { ready: true, reasons: [] }]);
});

test('a token from a file opens it, and is not written anywhere', async () => {
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sluice-console': '1' },
    body: JSON.stringify({ token }),
  });
  expect(await answer.json()).toMatchObject({ role: 'viewer' });
  expect(() => statSync(join(state, 'viewer.token'))).toThrow('ENOENT');
  for (const name of ['history.sqlite', 'changes.jsonl'])
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o600);
});

test('it ends well by SIGTERM', async () => {
  await program.stop();
  await program.done();
});
