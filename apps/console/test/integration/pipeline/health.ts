import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import type { ErrorBody } from '../../../src/contract/common.ts';
import { userRecord } from '../../console-fixture.ts';
import { confirm, fixture } from './world.ts';

test('the overview and the history follow the flow', async () => {
  await fixture.services.sampler.tick();
  await fixture.produce([userRecord(randomUUID())]);
  await vi.waitFor(
    async () => {
      await fixture.services.sampler.tick();
      const { body } = await fixture.call('GET /api/overview');
      expect(body.topic).toMatchObject({ state: 'ok', partitions: 2 });
      expect(body.topic.recordsPerSecond).toBeGreaterThan(0);
      expect(body.writer).toMatchObject({ state: 'absent', lag: 1, members: 0 });
      expect(body.table).toMatchObject({ nodesUp: 1, nodes: 1 });
    },
    { timeout: 20_000, interval: 300 },
  );
  const { body } = await fixture.call('GET /api/history', {
    query: { range: '15m', series: 'lag,partitionLag' },
  });
  expect(body.values.lag!.at(-1) ?? body.values.lag!.at(-2)).toBe(1);
  expect(Object.keys(body.values)).toContain('lag/0');
});

test('health names brokers, nodes and the registry', async () => {
  const { body } = await fixture.call('GET /api/health');
  expect(body.kafka).toMatchObject({ problem: null, offline: 0 });
  expect(body.kafka.brokers.length).toBeGreaterThan(0);
  expect(body.cassandra.nodes[0]).toMatchObject({ up: true, dataCenter: 'datacenter1' });
  expect(body.registry.subjects).toBeGreaterThan(0);
  expect(body.console.historyBytes).toBeGreaterThan(0);
});

test('jobs that are not configured say so, and cannot be started', async () => {
  expect((await fixture.call('GET /api/jobs')).body.airflow).toMatchObject({
    configured: false,
    problem: null,
  });
  const refused = await fixture.call(
    'POST /api/jobs/:dag/trigger',
    { params: { dag: 'x' }, body: { confirm } },
    'operator',
  );
  expect((refused.body as unknown as ErrorBody).error.code).toBe('no-airflow');
});
