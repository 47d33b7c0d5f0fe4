import { expect, test } from 'vitest';
import { statusRows, table } from './status.ts';

const service = { name: 'kafka', version: '4.3.1', pid: 12, host: '127.0.0.1', port: 9092 };

test('a service that died is shown as ended, in aligned columns', () => {
  const rows = statusRows({
    background: true,
    ownerPid: 1,
    endpoints: {},
    services: [
      { ...service, running: true },
      { ...service, name: 'cassandra', port: 9042, running: false },
    ],
  });
  expect(table(rows).split('\n')).toEqual([
    'service    version  state    pid  port',
    'kafka      4.3.1    running  12   9092',
    'cassandra  4.3.1    ended    12   9042',
  ]);
});
