import { afterEach, beforeEach, expect, test } from 'vitest';
import { message, messages, userId } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

interface Report {
  readonly ok: boolean;
  readonly records: number;
  readonly rows: number;
  readonly damages: Readonly<Record<string, number>>;
  readonly findings: readonly { kind: string; key: string | null; columns?: string[] }[];
  readonly repair?: { mended: number; letters: number; notMended: Record<string, number> };
}

let users: WriterFixture;
beforeEach(async () => {
  users = await WriterFixture.create();
});
afterEach(() => users.drop());

async function auditOf(...args: string[]) {
  const { code, writer } = await users.run('audit', {}, ['--json', ...args]);
  return { code, report: writer.summary as unknown as Report, messages: writer.messages };
}

async function drained(): Promise<void> {
  const { code, writer } = await users.run('drain');
  expect(code, writer.messages).toBe(0);
}

const cql = (statement: string, params: unknown[] = []) =>
  users.session.query(statement.replace('$', `${users.keyspace}.user_records`), params);

test('exits 0 where the table is what the topic makes it, and 1 where it is not, naming each damage', async () => {
  await users.migrated();
  await users.send([
    ...messages(100),
    message(3, { city: 'Narvik' }),
    { key: Buffer.from(userId(4)), value: null },
    { key: Buffer.from(userId(200)), value: Buffer.from('{') },
  ]);
  await drained();
  const healthy = await auditOf();
  expect(healthy).toMatchObject({ code: 0, report: { ok: true, records: 103, rows: 99 } });

  await users.start('serve').logged('metrics and health are served');
  await cql('DELETE FROM $ WHERE uuid = ?', [userId(1)]);
  await cql(`UPDATE $ SET city = 'Oslo', full_name = null WHERE uuid = ?`, [userId(2)]);
  await cql(`INSERT INTO $ (uuid) VALUES (?)`, [userId(4)]);
  await cql(`INSERT INTO $ (uuid, city) VALUES (?, 'Oslo')`, [userId(300)]);
  const damaged = await auditOf();
  expect(damaged.code).toBe(1);
  expect(damaged.report.damages).toEqual({
    missing: 1,
    stale: 0,
    altered: 1,
    orphaned: 1,
    undeleted: 1,
    unaccounted: 0,
  });
  expect(damaged.messages).toContain('missing 1, altered 1, orphaned 1, undeleted 1');
  expect(damaged.report.findings.find(({ key }) => key === userId(2))).toMatchObject({
    kind: 'altered',
    columns: ['city', 'full_name'],
  });
});

test('repairs what it found, and refuses to while a writer runs', async () => {
  await users.migrated();
  await users.send(messages(50));
  await drained();
  await cql('DELETE FROM $ WHERE uuid = ?', [userId(1)]);
  await cql(`UPDATE $ SET source_offset = 77 WHERE uuid = ?`, [userId(2)]);
  const serving = users.start('serve');
  await serving.until(async () => expect((await serving.readiness()).status).toBe(200));
  const refused = await users.run('audit', {}, ['--repair']);
  expect(refused.code).toBe(1);
  expect(refused.writer.messages).toContain('stop the writers first');
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);

  const { code, report } = await auditOf('--repair');
  expect(report.repair).toMatchObject({ mended: 2, notMended: {} });
  expect(code).toBe(0);
  expect(await auditOf()).toMatchObject({ code: 0, report: { ok: true, rows: 50 } });
});

test('audits a table that keeps other column types', async () => {
  await users.migrated();
  const { table } = { table: `${users.keyspace}.user_records` };
  await users.session.query(`DROP TABLE ${table}`);
  const texts =
    'first_name last_name gender street city state country postcode latitude longitude email username password ' +
    'birthdate age registered_date phone cell picture nationality';
  const columns = texts
    .split(' ')
    .map((name) => `${name} text`)
    .join(', ');
  await users.session.query(`CREATE TABLE ${table} (uuid uuid PRIMARY KEY, ${columns})`);
  await users.migrated();
  await users.send(messages(40));
  await drained();
  expect(await auditOf()).toMatchObject({ code: 0, report: { ok: true, rows: 40 } });
  await cql(`UPDATE $ SET age = '41.0', birthdate = '1970' WHERE uuid = ?`, [userId(7)]);
  const { code, report } = await auditOf();
  expect(code).toBe(1);
  expect(report.findings).toMatchObject([{ kind: 'altered', key: userId(7), columns: ['birthdate', 'age'] }]);
});

test('prints a report for people, and lists all options that are wrong', async () => {
  await users.migrated();
  await users.send([...messages(10), message(1)]);
  await drained();
  await cql('DELETE FROM $ WHERE uuid = ?', [userId(1)]);
  const { code, writer } = await users.run('audit', {}, ['--memory', '64MiB', '--limit', '5']);
  expect(code).toBe(1);
  expect(writer.stdout).toContain(`by ${users.topic}: 11 records of 10 keys, 9 rows, in`);
  expect(writer.stdout).toContain('damages: missing 1\n');
  expect(writer.stdout).toMatch(new RegExp(`  missing  ${userId(1)}  ${users.topic}\\[\\d\\]@\\d+\n`));
  for (const args of [
    ['--sample', '2.5'],
    ['--memory', '64'],
    ['--since', 'yesterday'],
  ])
    expect((await users.run('audit', {}, args)).code).toBe(78);
});

test('says which topic or table is missing', async () => {
  const { code, writer } = await users.run('audit');
  expect(code).toBe(1);
  expect(writer.messages).toContain(`topic ${users.topic}`);
});
