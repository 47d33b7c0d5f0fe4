import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { lookAtApp } from './app-health.ts';

/** An app whose readiness is this answer, and which says nothing else. */
async function looked(ready: object) {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/health/ready' ? 200 : 404).end(JSON.stringify(ready));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return lookAtApp('stream-writer', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, 5_000);
}

test('an app is ready while an open transaction holds records back, which is told with their place and time', async () => {
  const transaction = { reason: 'transaction-open', partition: 3, offset: 10, held: 4 };
  const since = '2026-11-30T12:00:00.000Z';
  const degraded = [{ ...transaction, since }, { ...transaction, since: null }, { reason: 'other' }];
  expect(await looked({ ready: true, reasons: [], degraded })).toMatchObject({
    state: 'ready',
    reasons: [],
    degraded: [
      `an open transaction holds back 4 offsets of partition 3 from 10 on, of ${since}`,
      'an open transaction holds back 4 offsets of partition 3 from 10 on',
      'other',
    ],
  });
});

test('an app of an earlier version is not degraded', async () => {
  expect(await looked({ ready: false, reasons: ['no partitions'] })).toMatchObject({
    ...{ state: 'waiting', reasons: ['no partitions'], degraded: [] },
  });
});
