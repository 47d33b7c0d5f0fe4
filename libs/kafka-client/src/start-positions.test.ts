import { describe, expect, it } from 'vitest';
import type { KafkaAdmin, PartitionLag } from './kafka-admin.ts';
import type { OutOfRangePolicy } from './options.ts';
import { StartPositions } from './start-positions.ts';

const first = 'A'.repeat(22);
const second = 'B'.repeat(22);

/** Positions by what the brokers answer, one answer a lookup; the last one again and again. */
function positions(outOfRange: OutOfRangePolicy | undefined, ...answers: Partial<PartitionLag>[]) {
  const left = [...answers];
  const asked: Partial<PartitionLag>[] = [];
  const admin = {
    lag: () => {
      const answer = left.length > 1 ? left.shift() : left[0];
      asked.push(answer ?? {});
      const { end = 100 } = answer ?? {};
      return Promise.resolve([
        { partition: 0, begin: 0, end, highWatermark: end, committed: null, lag: 0, ...answer },
      ]);
    },
  } as unknown as KafkaAdmin;
  const starts = new StartPositions(admin, { topic: 't', groupId: 'g', ...(outOfRange && { outOfRange }) });
  const find = () => starts.find([0], new AbortController().signal);
  return { starts, find, asked };
}

describe('positions of a topic', () => {
  it('are those committed in it, without a second lookup', async () => {
    const { find, asked } = positions(undefined, { committed: 5, topicId: first });
    expect(await find()).toMatchObject({ topicId: first, positions: [{ offset: 5, moved: false }] });
    expect(asked).toHaveLength(1);
  });

  it('are chosen by the policy where they were committed in an earlier topic', async () => {
    const answer = { topicId: second, former: { offset: 7, topicId: first } };
    const earliest = positions('earliest', answer);
    expect((await earliest.find()).positions).toMatchObject([{ offset: 0, expected: 7 }]);
    const latest = positions('latest', answer);
    expect((await latest.find()).positions).toMatchObject([{ offset: 100, expected: 7, moved: true }]);
    await expect(positions('fail', answer).find()).rejects.toMatchObject({
      code: 'offset-out-of-range',
      message: expect.stringContaining(`recreated since and has the id ${second}`) as string,
    });
  });

  it('are chosen by the policy where the id changes while nothing is committed', async () => {
    const { find } = positions('latest', { topicId: first }, { topicId: second, end: 3 });
    expect((await find()).positions).toMatchObject([{ offset: 0, expected: undefined }]);
    expect((await find()).positions).toMatchObject([{ offset: 3, expected: 0 }]);
  });

  it('once chosen stay chosen until something is committed in the topic', async () => {
    const answer = { topicId: second, former: { offset: 7, topicId: first } };
    const { find, starts } = positions('latest', answer, answer, { ...answer, end: 200 });
    await find();
    expect((await find()).positions).toMatchObject([{ offset: 100, expected: 7 }]);
    expect(starts.isRecreated(second)).toBe(false);
  });

  it('are not decided by a broker that has not heard of the recreated topic', async () => {
    const stale = { committed: 7, topicId: first };
    const fresh = { topicId: second, former: { offset: 7, topicId: first } };
    const { find, starts } = positions('earliest', stale, fresh, fresh, stale, stale, fresh);
    await find();
    expect(starts.isRecreated(second)).toBe(true);
    expect(await find()).toMatchObject({ topicId: second });
    expect(starts.isRecreated(first)).toBe(false);
    expect(await find()).toMatchObject({ topicId: second, positions: [{ offset: 0 }] });
  });

  it('are not decided by one broker alone that names another id than the commit', async () => {
    const stale = { topicId: first, former: { offset: 7, topicId: second } };
    const { find } = positions(undefined, stale, { committed: 7, topicId: second });
    expect(await find()).toMatchObject({ topicId: second, positions: [{ offset: 7 }] });
  });

  it('of a broker without ids are those committed', async () => {
    const { find, starts } = positions(undefined, { committed: 5 });
    expect(await find()).toMatchObject({ topicId: undefined, positions: [{ offset: 5 }] });
    expect(starts.isRecreated(undefined)).toBe(false);
  });
});
