import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ErrorBody } from '../../src/contract/common.ts';
import type { RouteName } from '../../src/contract/routes.ts';
import { ConsoleFixture } from '../console-fixture.ts';

const nobody = '127.0.0.1:1';
const patienceMs = 12_000;
let fixture: ConsoleFixture;
beforeAll(async () => {
  fixture = await ConsoleFixture.create({
    KAFKA_BROKERS: nobody,
    CASSANDRA_CONTACT_POINTS: nobody,
    SCHEMA_REGISTRY_URL: `http://${nobody}`,
    AIRFLOW_URL: `http://${nobody}`,
    SPARK_METRICS_URL: `http://${nobody}`,
  });
});
afterAll(() => fixture.drop({ migrated: false }));

const topic = { topic: 'users' };
const calls: [RouteName, object][] = [
  ['GET /api/topics', {}],
  ['GET /api/topics/:topic', { params: topic }],
  ['POST /api/topics/:topic/messages', { params: topic, body: { from: { kind: 'latest' } } }],
  ['GET /api/groups', {}],
  ['GET /api/groups/:group', { params: { group: 'g' } }],
  ['GET /api/dead-letters', {}],
  ['GET /api/schemas', {}],
  ['POST /api/users/lookup', { body: { uuid: randomUUID() } }],
  ['POST /api/users/page', { body: {} }],
];

test.each(calls)(
  '%s says which server is away, and what to do',
  { timeout: patienceMs + 5_000 },
  async (name, parts) => {
    const started = performance.now();
    const { status, body } = await fixture.call(name, parts);
    expect(status).toBe(503);
    const { error } = body as unknown as ErrorBody;
    expect(error.code).toMatch(/^(kafka|cassandra|registry)-/);
    expect(error.message).not.toBe('');
    expect(error.action).not.toBe('');
    expect(performance.now() - started).toBeLessThan(patienceMs);
  },
);

test('the overview, health and jobs are answered, and name what is away', async () => {
  const overview = await fixture.call('GET /api/overview');
  expect(overview.status).toBe(200);
  expect(overview.body.topic).toMatchObject({ state: 'away', records: null });
  expect(overview.body.topic.problem?.code).toMatch(/^kafka-/);
  expect(overview.body.writer.state).toBe('away');
  expect(overview.body.source.state).toBe('absent');
  const health = await fixture.call('GET /api/health');
  expect(health.status).toBe(200);
  expect(health.body.kafka.problem?.code).toMatch(/^kafka-/);
  expect(health.body.cassandra.problem?.code).toMatch(/^cassandra-/);
  expect(health.body.registry.problem?.code).toMatch(/^registry-/);
  expect(health.body.apps.map(({ state }) => state)).toEqual(['absent', 'absent']);
  const jobs = await fixture.call('GET /api/jobs');
  expect(jobs.body.airflow.problem?.code).toBe('airflow-away');
  expect(jobs.body.spark.problem?.code).toBe('spark-away');
});

test('what needs no server works', async () => {
  expect((await fixture.call('GET /api/tasks')).body).toEqual({ tasks: [] });
  const history = await fixture.call('GET /api/history', { query: { range: '15m', series: 'lag,produced' } });
  expect(history.body.times.length).toBeGreaterThanOrEqual(900);
  expect((await fixture.call('GET /api/changes')).status).toBe(200);
});
