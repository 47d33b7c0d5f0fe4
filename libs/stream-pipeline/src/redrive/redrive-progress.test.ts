import { type KafkaAdmin, type KafkaClient, KafkaError, type OffsetToCommit } from '@sluice/kafka-client';
import { createLogger } from '@sluice/telemetry';
import { expect, it } from 'vitest';
import { RedriveProgress } from './redrive-progress.ts';

function progressWith(
  clock: () => number,
  setOffsets: (offsets: readonly OffsetToCommit[]) => Promise<void>,
): RedriveProgress {
  return new RedriveProgress({
    kafka: undefined as unknown as KafkaClient,
    admin: {
      setOffsets: (_: string, __: string, offsets: readonly OffsetToCommit[]) => setOffsets(offsets),
    } as unknown as KafkaAdmin,
    groupId: 'items-redrive',
    topic: 'items.dlq',
    logger: createLogger({ name: 'progress', level: 'silent' }),
    clock,
  });
}

it('progress is committed at most once a second; a coordinator that is away costs nothing', async () => {
  let now = 0;
  const commits: (readonly OffsetToCommit[])[] = [];
  let isAway = true;
  const progress = progressWith(
    () => now,
    (offsets) => {
      if (isAway) return Promise.reject(new KafkaError('unreachable', 'no answer', { retryable: true }));
      commits.push(offsets);
      return Promise.resolve();
    },
  );
  now = 1_000;
  await progress.reach({ partition: 0, offset: 10 });
  isAway = false;
  now = 1_999;
  await progress.reach({ partition: 1, offset: 5 });
  expect(commits).toEqual([]);
  now = 2_000;
  await progress.reach({ partition: 0, offset: 20 });
  expect(commits).toEqual([
    [
      { partition: 0, offset: 20 },
      { partition: 1, offset: 5 },
    ],
  ]);
});

it('progress that can never be committed ends the run', async () => {
  let now = 0;
  const progress = progressWith(
    () => now,
    () => Promise.reject(new KafkaError('group-active', 'in use')),
  );
  now = 1_000;
  await expect(progress.reach({ partition: 0, offset: 1 })).rejects.toMatchObject({ code: 'group-active' });
});
