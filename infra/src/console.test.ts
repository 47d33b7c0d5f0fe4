import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { consoleProgram } from './console.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-console-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('gives the console the user of Airflow who administers nothing, and the password that Airflow has for it', () => {
  const passwordFile = join(folder, 'passwords.json');
  writeFileSync(passwordFile, JSON.stringify({ admin: 'other', runner: 's3cret' }));
  const { env } = consoleProgram({
    env: {},
    stateDir: folder,
    producer: 'http://127.0.0.1:9464',
    airflow: {
      url: 'http://127.0.0.1:8080',
      username: 'admin',
      runner: 'runner',
      passwordFile,
      home: folder,
    },
  });
  expect(env).toMatchObject({ AIRFLOW_USERNAME: 'runner', AIRFLOW_PASSWORD: 's3cret' });
});
