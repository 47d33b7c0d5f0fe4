import { createLogger } from '@sluice/telemetry';
import { describe, expect, it } from 'vitest';
import { StoppedWaitingError } from './errors.ts';
import { untilReachable } from './until-reachable.ts';

class Away extends Error {
  readonly retryable = true;
}

function reach(signal = new AbortController().signal) {
  const lines: { level: string; msg: string; reason?: string }[] = [];
  const logger = createLogger({
    name: 'test',
    destination: { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  });
  const options = { what: 'Kafka at k:9092', hint: 'Start it.', logger, signal, intervalMs: 1 };
  return { lines, options };
}

describe('untilReachable', () => {
  it('says nothing where the server answers at once', async () => {
    const { lines, options } = reach();
    expect(await untilReachable(() => Promise.resolve(7), options)).toBe(7);
    expect(lines).toEqual([]);
  });

  it('tries until the server answers, tells of each failure, and logs the first one and the end', async () => {
    const { lines, options } = reach();
    const failures: string[] = [];
    let attempts = 0;
    const opened = await untilReachable(
      () => (++attempts < 4 ? Promise.reject(new Away(`refused ${attempts}`)) : Promise.resolve('open')),
      { ...options, onFailure: ({ message }) => failures.push(message) },
    );
    expect(opened).toBe('open');
    expect(failures).toEqual(['refused 1', 'refused 2', 'refused 3']);
    expect(lines.map(({ level, msg, reason }) => [level, msg, reason])).toEqual([
      ['warn', 'Kafka at k:9092 cannot be reached, trying until it answers. Start it.', 'refused 1'],
      ['info', 'Kafka at k:9092 answers', undefined],
    ]);
  });

  it('throws at once what waiting cannot mend', async () => {
    const fault = new Error('not a server');
    await expect(untilReachable(() => Promise.reject(fault), reach().options)).rejects.toBe(fault);
  });

  it.each(['authentication-failed', 'not-authorized'])('throws %s at once', async (code) => {
    const refusal = Object.assign(new Away('refused'), { code });
    await expect(untilReachable(() => Promise.reject(refusal), reach().options)).rejects.toBe(refusal);
  });

  it('stops between two attempts, and says what it waited for', async () => {
    const stop = new AbortController();
    const { options } = reach(stop.signal);
    const away = new Away('refused');
    const waiting = untilReachable(() => Promise.reject(away), {
      ...options,
      intervalMs: 3_600_000,
      onFailure: () => setImmediate(() => stop.abort()),
    });
    await expect(waiting).rejects.toEqual(
      new StoppedWaitingError('stopped while waiting for Kafka at k:9092 (refused). Start it.', {
        cause: away,
      }),
    );
  });

  it('stops in the middle of an attempt that does not end', async () => {
    const stop = new AbortController();
    const { options } = reach(stop.signal);
    const waiting = untilReachable(() => new Promise(() => setImmediate(() => stop.abort())), options);
    await expect(waiting).rejects.toMatchObject({
      code: 'stopped-waiting',
      message: 'stopped while waiting for Kafka at k:9092 (no answer yet). Start it.',
    });
  });
});
