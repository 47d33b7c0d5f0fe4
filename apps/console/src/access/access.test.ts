import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChangeLog } from './change-log.ts';
import { Sessions, sessionMs } from './sessions.ts';
import { loadTokens } from './tokens.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('tokens are made once, for their owner alone', () => {
  const first = loadTokens({ folder, given: {} });
  expect(Object.keys(first.made).sort()).toEqual(['operator', 'viewer']);
  expect(statSync(join(folder, 'operator.token')).mode & 0o777).toBe(0o600);
  const second = loadTokens({ folder, given: {} });
  expect(second.made).toEqual({});
  expect(second.roleOf(first.made.operator!)).toBe('operator');
  expect(second.roleOf(first.made.viewer!)).toBe('viewer');
  expect(second.roleOf('')).toBeUndefined();
  expect(second.roleOf(`${first.made.viewer!} `)).toBeUndefined();
});

test('a token that is given is not kept, and an empty file is no token', () => {
  const given = { viewer: 'v'.repeat(16), operator: 'o'.repeat(16) };
  expect(loadTokens({ folder, given }).roleOf('o'.repeat(16))).toBe('operator');
  writeFileSync(join(folder, 'viewer.token'), '\n');
  expect(() => loadTokens({ folder, given: {} })).toThrow(/viewer\.token holds no token/);
});

test('a session ends after a day of work, or by a logout', () => {
  let now = 0;
  const sessions = new Sessions({ now: () => now });
  const id = sessions.begin({ role: 'viewer', who: 'viewer' });
  expect(sessions.find(id)).toMatchObject({ role: 'viewer' });
  expect(sessions.find('x')).toBeUndefined();
  now = sessionMs;
  expect(sessions.find(id)).toBeUndefined();
  const other = sessions.begin({ role: 'operator', who: 'operator' });
  sessions.end(other);
  expect(sessions.find(other)).toBeUndefined();
});

test('changes are added as lines, and the newest come first', () => {
  const log = new ChangeLog(join(folder, 'changes.jsonl'));
  expect(log.newest(5)).toEqual([]);
  const change = {
    who: 'operator',
    role: 'operator',
    from: '::1',
    what: 'redrive',
    outcome: 'done',
    details: {},
  };
  for (let at = 1; at <= 3; at++) log.add({ ...change, at });
  writeFileSync(log.file, '{"half', { flag: 'a' });
  expect(log.newest(2).map(({ at }) => at)).toEqual([3, 2]);
  expect(statSync(log.file).mode & 0o777).toBe(0o600);
  expect(readFileSync(log.file, 'utf8').split('\n')).toHaveLength(4);
});
