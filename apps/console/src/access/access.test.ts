import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChangeLog } from './change-log.ts';
import { FailedLogins, maxFromAddress, maxInAll } from './failed-logins.ts';
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
  expect(second.find(first.made.operator!)).toEqual({ role: 'operator', who: 'operator' });
  expect(second.find(first.made.viewer!)).toEqual({ role: 'viewer', who: 'viewer' });
  expect(second.find('')).toBeUndefined();
  expect(second.find(`${first.made.viewer!} `)).toBeUndefined();
});

test('a token that is given is not kept, and an empty file is no token', () => {
  const given = { viewer: 'v'.repeat(16), operator: 'o'.repeat(16) };
  expect(loadTokens({ folder, given }).find('o'.repeat(16))?.role).toBe('operator');
  writeFileSync(join(folder, 'viewer.token'), '\n');
  expect(() => loadTokens({ folder, given: {} })).toThrow(/viewer\.token needs a token.*delete it/);
});

test('tokens in a file can have names, which say who did what', () => {
  const [ada, bob, shared] = ['a', 'b', 's'].map((letter) => letter.repeat(20)) as [string, string, string];
  writeFileSync(
    join(folder, 'operator.token'),
    `# the team\nada ${ada}\n\n  bob@team  ${bob}\r\n${shared}\n`,
    {
      mode: 0o600,
    },
  );
  const tokens = loadTokens({ folder, given: { viewer: `eve ${'e'.repeat(16)}` } });
  expect(tokens.find(ada)).toEqual({ role: 'operator', who: 'ada' });
  expect(tokens.find(bob)).toEqual({ role: 'operator', who: 'bob@team' });
  expect(tokens.find(shared)).toEqual({ role: 'operator', who: 'operator' });
  expect(tokens.find('e'.repeat(16))).toEqual({ role: 'viewer', who: 'eve' });
  expect(tokens.find(`ada ${ada}`)).toBeUndefined();
});

test.each([
  ['ada short', /line 2 needs a token of at least 16/],
  [`a b ${'t'.repeat(20)}`, /line 2 needs one token, or a name/],
  [`operator ${'t'.repeat(20)}`, /line 2 needs a name/],
  [`<b> ${'t'.repeat(20)}`, /line 2 needs a name/],
])('a line of tokens that is wrong is named, not quoted: %s', (line, reason) => {
  writeFileSync(join(folder, 'viewer.token'), `${'v'.repeat(16)}\n${line}\n`, { mode: 0o600 });
  const load = () => loadTokens({ folder, given: {} });
  expect(load).toThrow(reason);
  expect(load).toThrow(join(folder, 'viewer.token'));
  expect(load).not.toThrow(/tttt|short/);
});

test('one token is not of both roles', () => {
  writeFileSync(join(folder, 'viewer.token'), `eve ${'x'.repeat(16)}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'operator.token'), `${'x'.repeat(16)}\n`, { mode: 0o600 });
  expect(() => loadTokens({ folder, given: {} })).toThrow(/viewer\.token.*every viewer is an operator/);
});

test.each([0o620, 0o602, 0o666])('a token file that others can write (%o) is refused', (mode) => {
  loadTokens({ folder, given: {} });
  chmodSync(join(folder, 'operator.token'), mode);
  expect(() => loadTokens({ folder, given: {} })).toThrow(
    /operator\.token can be written by others.*chmod 600/,
  );
});

test('a first start on a full disk names the file, and leaves nothing that blocks the next', async () => {
  // a file of this process may have no byte: what a full disk does, for a process of its own
  const script = `import { loadTokens } from '${new URL('tokens.ts', import.meta.url).href}';
    try { loadTokens({ folder: ${JSON.stringify(folder)}, given: {} }); } catch (error) { console.log(error.message); }`;
  const limited = spawnSync(
    'bash',
    [
      '-c',
      'ulimit -f 0; trap "" XFSZ; exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ],
    { encoding: 'utf8' },
  );
  expect(limited.stdout).toMatch(/operator\.token cannot be written \(EFBIG\): free space/);
  expect(readdirSync(folder)).toEqual([]);
  expect(Object.keys(loadTokens({ folder, given: {} }).made)).toHaveLength(2);
});

test('only failed attempts to log in count, by address and in all', () => {
  let now = 0;
  const failed = new FailedLogins({ now: () => now });
  for (let attempt = 0; attempt < maxFromAddress; attempt++) {
    expect(failed.waitMs('10.0.0.1')).toBe(0);
    failed.add('10.0.0.1');
    now += 1_000;
  }
  expect(failed.waitMs('10.0.0.1')).toBe(50_000);
  expect(failed.waitMs('::ffff:10.0.0.1')).toBe(50_000);
  expect(failed.waitMs('10.0.0.2')).toBe(0);
  // a network of IPv6 is one address
  for (let attempt = 0; attempt < maxFromAddress; attempt++) failed.add(`2001:db8:0:1::${attempt}`);
  expect(failed.waitMs('2001:db8:0:1:ffff:1:2:3')).toBe(60_000);
  expect(failed.waitMs('2001:db8:0:2::1')).toBe(0);
  for (let attempt = 2 * maxFromAddress; attempt < maxInAll; attempt++) failed.add(`10.1.0.${attempt}`);
  expect(failed.waitMs('10.2.0.1')).toBeGreaterThan(0);
  now += 60_000;
  expect(failed.waitMs('10.0.0.1')).toBe(0);
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

const change = {
  who: 'operator',
  role: 'operator',
  from: '::1',
  what: 'redrive',
  outcome: 'done',
  details: {},
};
const timesOf = (log: ChangeLog, limit = 5) => log.page({ limit }).changes.map(({ at }) => at);

test('changes are added as lines, and the newest come first', () => {
  const log = new ChangeLog(join(folder, 'changes.jsonl'));
  expect(log.page({ limit: 5 })).toEqual({ changes: [], next: null });
  for (let at = 1; at <= 3; at++) log.add({ ...change, at });
  writeFileSync(log.file, '{"half', { flag: 'a' });
  expect(timesOf(log, 2)).toEqual([3, 2]);
  expect(statSync(log.file).mode & 0o777).toBe(0o600);
  expect(readFileSync(log.file, 'utf8').split('\n')).toHaveLength(4);
  // and what follows half a line is whole
  log.add({ ...change, at: 4 });
  expect(timesOf(log)).toEqual([4, 3, 2, 1]);
});

test('every page of the log can be read, across the files that it is rotated into', () => {
  const log = new ChangeLog(join(folder, 'changes.jsonl'), { maxBytes: 2_000, keptFiles: 100 });
  const all = Array.from({ length: 200 }, (_, at) => at);
  for (const at of all) log.add({ ...change, at, details: { name: 'ä'.repeat(at % 50) } });
  expect(readdirSync(folder).length).toBeGreaterThan(10);
  for (const name of readdirSync(folder))
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2_000);
  for (const limit of [1, 7, 200]) {
    const found: number[] = [];
    let cursor: string | undefined;
    do {
      const page = log.page({ limit, cursor });
      found.push(...page.changes.map(({ at }) => at));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(found).toEqual(all.toReversed());
  }
});

test('a cursor stays true while the log goes on and is rotated', () => {
  const log = new ChangeLog(join(folder, 'changes.jsonl'), { maxBytes: 1_000 });
  for (let at = 1; at <= 5; at++) log.add({ ...change, at });
  const { next } = log.page({ limit: 2 });
  for (let at = 6; at <= 20; at++) log.add({ ...change, at });
  expect(log.page({ limit: 10, cursor: next ?? '' }).changes.map(({ at }) => at)).toEqual([3, 2, 1]);
});

test('only so many files of the log are kept, the newest', () => {
  const log = new ChangeLog(join(folder, 'changes.jsonl'), { maxBytes: 200, keptFiles: 3 });
  for (let at = 1; at <= 50; at++) log.add({ ...change, at });
  expect(readdirSync(folder)).toHaveLength(4);
  expect(timesOf(log, 1)).toEqual([50]);
});

test('refusals, however many, push no change out of the log', () => {
  const log = new ChangeLog(join(folder, 'changes.jsonl'));
  log.add({ ...change, at: 0 });
  const refused = { ...change, who: 'viewer', role: 'viewer', outcome: 'forbidden' };
  for (let at = 1; at <= 5_000; at++) log.addRefusal({ ...refused, at, what: at % 2 ? 'redrive' : 'audit' });
  expect(timesOf(log)).toEqual([2, 1, 0]);
  log.close();
  expect(log.page({ limit: 9 }).changes.map(({ at, details }) => [at, details.repeated])).toEqual([
    [5_000, 2_499],
    [4_999, 2_499],
    [2, undefined],
    [1, undefined],
    [0, undefined],
  ]);
});

test('a log that cannot be written names its file, and takes no half line', () => {
  const file = join(folder, 'changes.jsonl');
  const log = new ChangeLog(file);
  log.add({ ...change, at: 1 });
  const script = `import { ChangeLog } from '${new URL('change-log.ts', import.meta.url).href}';
    const log = new ChangeLog(${JSON.stringify(file)});
    const details = { name: 'x'.repeat(5_000) };
    try { log.add({ ...${JSON.stringify(change)}, at: 2, details }); } catch (error) { console.log(error.message); }`;
  const limited = spawnSync(
    'bash',
    [
      '-c',
      'ulimit -f 1; trap "" XFSZ; exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ],
    { encoding: 'utf8' },
  );
  expect(limited.stdout).toMatch(/changes\.jsonl cannot be written \(EFBIG\): free space/);
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2);
  log.add({ ...change, at: 3 });
  expect(timesOf(log)).toEqual([3, 1]);
});
