import type { Logger } from '@sluice/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClockGuard } from './clock-guard.ts';

const hourMs = 3_600_000;

describe('ClockGuard', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function guard(aheadMs: () => Promise<number>) {
    const warnings: string[] = [];
    const logger = { warn: (_: unknown, message: string) => warnings.push(message) } as unknown as Logger;
    return { clock: new ClockGuard(aheadMs, logger), warnings };
  }

  it('compares at the start and hourly, until it is ended', async () => {
    const ahead = [0, 90_000, -6_000, 4_000];
    const aheadMs = vi.fn(() => Promise.resolve(ahead.shift() ?? 0));
    const { clock, warnings } = guard(aheadMs);
    const end = clock.watch();
    for (let hour = 0; hour < 3; hour++) await vi.advanceTimersByTimeAsync(hourMs);
    expect(warnings).toEqual([
      "this machine's clock is 90 s behind the servers'; set it right",
      "this machine's clock is 6 s ahead of the servers'",
    ]);
    end();
    await vi.advanceTimersByTimeAsync(hourMs);
    expect(aheadMs).toHaveBeenCalledTimes(4);
  });

  it('reports that it cannot compare, and holds what looks as if from the future meanwhile', async () => {
    const { clock, warnings } = guard(() => Promise.reject(new Error('no node answers')));
    clock.watch()();
    await vi.advanceTimersByTimeAsync(0);
    expect(warnings).toEqual(["this machine's clock cannot be compared; trying in an hour"]);
    expect(await clock.reasonToWait()).toMatchObject({
      code: 'clock-unknown',
      message: "this machine's clock cannot be compared: no node answers",
    });
  });

  it.each([
    [-90_000, undefined],
    [5_000, undefined],
    [5_001, 'clock-behind'],
  ])('servers that are ahead by %d ms are a reason to wait: %s', async (aheadMs, code) => {
    const { clock } = guard(() => Promise.resolve(aheadMs));
    expect((await clock.reasonToWait())?.code).toBe(code);
  });
});
