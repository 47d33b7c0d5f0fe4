import { expect, test, vi } from 'vitest';
import { CassandraSession } from '../../src/index.ts';
import { cassandra, testKeyspace } from './test-keyspace.ts';

test('reads all pages of a result, in plain values', async () => {
  const { session, keyspace, drop } = await testKeyspace();
  const id = '0b8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3c';
  try {
    await session.query(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    await session.query(
      `CREATE TABLE ${keyspace}.t (p int, c int, id uuid, at timestamp, n bigint, tags map<text, int>, amount decimal, PRIMARY KEY (p, c))`,
    );
    const insert = `INSERT INTO ${keyspace}.t (p, c, id, at, n, tags) VALUES (0, ?, ?, ?, ?, {'a': 1})`;
    for (let from = 0; from < 5_100; from += 300) {
      await Promise.all(
        Array.from({ length: 300 }, (_, at) => session.query(insert, [from + at, id, 5, 7n])),
      );
    }
    await session.query(`INSERT INTO ${keyspace}.t (p, c, amount) VALUES (1, 1, 1.10)`);

    const { rows } = await session.query(`SELECT * FROM ${keyspace}.t WHERE p = ?`, [0]);
    expect(rows).toHaveLength(5_100);
    expect(rows[5_099]).toEqual({ p: 0, c: 5_099, amount: null, at: 5, id, n: 7n, tags: { a: 1 } });
    const other = await session.query(`SELECT amount FROM ${keyspace}.t WHERE p = 1`);
    expect(other.rows).toEqual([{ amount: '1.10' }]);
    expect((await session.query(`SELECT count(*) FROM ${keyspace}.t`)).rows).toEqual([{ count: 5_101n }]);
  } finally {
    await drop();
  }
});

test('tells the nodes of the cluster', async () => {
  const { session, drop } = await testKeyspace();
  const [node] = session.nodes();
  expect(node).toMatchObject({ dataCenter: session.localDataCenter, up: true });
  expect(node!.version).toMatch(/^\d+\.\d+/);
  expect(node!.address).toMatch(/:\d+$/);
  await drop();
});

test('compares its clock with that of the cluster', async () => {
  const { session, drop } = await testKeyspace();
  const right = await session.clockAheadMs();
  const now = vi
    .spyOn(Date, 'now')
    .mockImplementation(() => performance.timeOrigin + performance.now() - 60_000);
  const behind = await session.clockAheadMs();
  now.mockRestore();
  // the servers of the tests are on this machine
  expect(Math.abs(right)).toBeLessThan(2_000);
  expect(Math.abs(behind - 60_000)).toBeLessThan(2_000);
  await drop();
});

test('says what to do when it cannot connect, and leaves nothing open', async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = sockets();

  await expect(CassandraSession.connect({ ...cassandra(), port: 1 })).rejects.toMatchObject({
    code: 'unreachable',
    retryable: true,
    message: expect.stringMatching(
      /127\.0\.0\.1:1.*ECONNREFUSED.*Check that it runs, and contactPoints and port/,
    ),
  });
  await expect(CassandraSession.connect({ ...cassandra(), localDataCenter: 'mars' })).rejects.toMatchObject({
    code: 'unknown-data-center',
    retryable: false,
    message: expect.stringContaining('mars'),
  });

  expect(sockets()).toBe(before);
});

test('sorts a statement that the server refuses', async () => {
  const session = await CassandraSession.connect(cassandra());
  await expect(session.query('SELECT nothing FROM system.local')).rejects.toMatchObject({
    name: 'CassandraError',
    code: 'refused-request',
    retryable: false,
  });
  await session.close();
});
