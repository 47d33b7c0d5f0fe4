import { createLogger } from '@sluice/telemetry';
import { expect, test } from 'vitest';
import { parseMetrics } from './app-metrics.ts';
import type { AppLook } from './apps.ts';
import type { Figures } from './history.ts';
import type { KafkaLook } from './kafka-look.ts';
import { ConsoleError } from './problem.ts';
import { catchUpSeconds, Sampler } from './sampler.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

/** A pipeline in which every look finds so many more records. */
class Flow {
  now = 1_700_000_000_000;
  end = 1_000;
  committed = 1_000;
  held = 0;
  lagSeconds = '';
  letters = 5;
  written = 0;
  paused = '';
  kafkaIsAway = false;
  writerIsAway = false;
  readonly remembered: Figures[] = [];
  readonly sampler = new Sampler({
    lookAtKafka: () =>
      this.kafkaIsAway
        ? Promise.reject(
            new ConsoleError('away', { status: 503, code: 'kafka-unreachable', action: 'start it' }),
          )
        : Promise.resolve(this.#look()),
    lookAtApps: () => Promise.resolve(this.#apps()),
    lookAtNodes: () => Promise.resolve({ up: 2, all: 3 }),
    remember: (_, figures) => this.remembered.push(figures),
    logger,
    now: () => this.now,
  });

  async seconds(count: number, { produced = 0, committed = 0 } = {}) {
    for (let second = 0; second < count; second++) {
      this.now += 1_000;
      this.end += produced;
      this.committed += committed;
      this.written += committed;
      await this.sampler.tick();
    }
    return this.sampler.overview();
  }

  #look(): KafkaLook {
    return {
      begins: new Map([[0, 100]]),
      ends: new Map([[0, this.end]]),
      highWatermarks: new Map([[0, this.end + this.held]]),
      committed: new Map([[0, this.committed]]),
      letterBegins: new Map([[0, 0]]),
      letterEnds: new Map([[0, this.letters]]),
      members: 1,
    };
  }

  #apps(): AppLook[] {
    const text = `sluice_records_total{result="written"} ${this.written}
sluice_end_to_end_seconds_bucket{le="0.1"} ${this.written}
sluice_end_to_end_seconds_bucket{le="+Inf"} ${this.written}
${this.lagSeconds && `sluice_lag_seconds{partition="0"} ${this.lagSeconds}`}
${this.paused && `sluice_paused{reason="${this.paused}"} 1`}
`;
    const samples = this.writerIsAway ? undefined : parseMetrics(text);
    return [{ app: 'stream-writer', url: 'http://writer', samples }];
  }
}

test('rates, lag and latency follow the flow', async () => {
  const overview = await new Flow().seconds(10, { produced: 30, committed: 20 });
  expect(overview.topic).toMatchObject({ state: 'ok', recordsPerSecond: 30, records: 1_200 });
  expect(overview.writer).toMatchObject({
    state: 'ok',
    recordsPerSecond: 20,
    lag: 100,
    catchUpSeconds: null,
  });
  expect(overview.table).toMatchObject({ state: 'ok', rowsPerSecond: 20 });
  expect(overview.endToEnd.p50Ms).toBeCloseTo(50);
  expect(overview.source.state).toBe('absent');
  expect(overview.deadLetters).toMatchObject({ records: 5, recordsPerSecond: 0 });
});

test('where nothing moves and nothing has to, the parts are idle', async () => {
  const overview = await new Flow().seconds(10);
  expect(overview.writer).toMatchObject({ state: 'idle', lag: 0, timeLagMs: 0, catchUpSeconds: 0 });
  expect(overview.topic.state).toBe('idle');
});

test('a pause is named with its reason and since when', async () => {
  const flow = new Flow();
  await flow.seconds(2);
  flow.paused = 'cassandra:unreachable';
  const since = flow.now + 1_000;
  const { writer } = await flow.seconds(3);
  expect(writer.state).toBe('paused');
  expect(writer.pauses).toEqual([{ reason: 'cassandra:unreachable', app: 'http://writer', since }]);
  flow.paused = '';
  expect((await flow.seconds(1)).writer.pauses).toEqual([]);
});

test('a writer that is gone is absent, and its lag gets older', async () => {
  const flow = new Flow();
  await flow.seconds(10, { produced: 10, committed: 10 });
  flow.writerIsAway = true;
  const { writer } = await flow.seconds(20, { produced: 10 });
  expect(writer).toMatchObject({ state: 'absent', lag: 200, recordsPerSecond: 0 });
  expect(writer.timeLagMs).toBe(19_000);
});

test('a Kafka that is away is said, and nothing is made up for the history', async () => {
  const flow = new Flow();
  await flow.seconds(3, { produced: 10 });
  flow.kafkaIsAway = true;
  const overview = await flow.seconds(1);
  expect(overview.topic).toMatchObject({
    state: 'away',
    records: null,
    problem: { code: 'kafka-unreachable' },
  });
  expect(overview.writer).toMatchObject({ lag: null, recordsPerSecond: null });
  expect(flow.remembered.at(-1)).toMatchObject({ lag: null, produced: null });
});

test('who looks is told after each look, until it goes', async () => {
  const flow = new Flow();
  const seen: number[] = [];
  const stop = flow.sampler.onOverview(({ at }) => seen.push(at));
  await flow.seconds(2);
  stop();
  await flow.seconds(2);
  expect(seen).toHaveLength(2);
});

test('the time to catch up is known only while the lag shrinks', () => {
  expect(catchUpSeconds(100, 30, 10)).toBe(5);
  expect(catchUpSeconds(100, 10, 10)).toBeNull();
  expect(catchUpSeconds(0, 0, 0)).toBe(0);
  expect(catchUpSeconds(null, 1, 0)).toBeNull();
});

test('lag and what transactions hold back are two figures, and the writers tell the age of the oldest record', async () => {
  const flow = new Flow();
  await flow.seconds(5, { produced: 10 });
  flow.held = 7;
  flow.lagSeconds = '42.5';
  const overview = await flow.seconds(1);
  expect(overview.topic.held).toBe(7);
  expect(overview.writer).toMatchObject({ lag: 50, timeLagMs: 42_500 });
  // without a writer to ask: this record was there before the first look
  flow.writerIsAway = true;
  expect((await flow.seconds(1)).writer.timeLagMs).toBeNull();
});
