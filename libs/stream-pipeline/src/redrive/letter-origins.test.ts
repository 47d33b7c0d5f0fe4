import { type ConsumedRecord, deadLetterHeaders, type KafkaClient } from '@sluice/kafka-client';
import { describe, expect, it } from 'vitest';
import { letterOf } from '../../test/letters.ts';
import { LetterOrigins } from './letter-origins.ts';

const thisId = 'A'.repeat(22);
const formerId = 'B'.repeat(22);

function failed(offset: number, overrides: Partial<ConsumedRecord> = {}): ConsumedRecord {
  const key = Buffer.from(`k${offset}`);
  return {
    topic: 'items',
    partition: 0,
    offset,
    timestamp: 1_000 + offset,
    key,
    value: null,
    headers: [],
    ...overrides,
  };
}

/** A topic that holds `records` from offset 10 to 9,999. */
function origins(records: readonly ConsumedRecord[], topicId?: string) {
  const reads: number[] = [];
  const read: KafkaClient['read'] = async function* ({ ranges }) {
    const { from = 0, to = 0 } = ranges.get(0) ?? {};
    reads.push(to - from);
    const found = records.filter(({ offset }) => offset >= from && offset < to);
    yield await Promise.resolve({
      topic: 'items',
      partition: 0,
      records: found,
      nextOffset: to,
      highWatermark: 9_999,
      lastStableOffset: 9_999,
    });
  } as KafkaClient['read'];
  const offsets = [{ partition: 0, begin: 10, end: 9_999, highWatermark: 9_999 }];
  const { signal } = new AbortController();
  return { reads, origins: new LetterOrigins({ kafka: { read }, topic: 'items', topicId, offsets, signal }) };
}

describe('dead letters of an earlier topic', () => {
  it('are told by the topic id, without reading anything', async () => {
    const { origins: of, reads } = origins([], thisId);
    const former = await letterOf(failed(20, { topicId: formerId }));
    const other = await letterOf(failed(20, { topicId: formerId, topic: 'orders' }));
    const letters = [await letterOf(failed(20, { topicId: thisId })), former, other];
    expect([...(await of.former(letters))]).toEqual([former]);
    expect(reads).toEqual([]);
  });

  it.each([thisId, undefined])(
    'without an id are told by timestamp and key of the record that is there now (topic id %s)',
    async (topicId) => {
      const now = [20, 21, 22, 5_000].map((offset) => failed(offset));
      const { origins: of, reads } = origins(now, topicId);
      const same = [await letterOf(failed(20)), await letterOf(failed(5_000))];
      const former = [
        await letterOf(failed(21, { timestamp: 7 })),
        await letterOf(failed(22, { key: Buffer.from('other') })),
        await letterOf(failed(22, { key: null })),
        await letterOf(failed(10_000)),
      ];
      const unknown = [await letterOf(failed(9)), await letterOf(failed(30))];
      const found = await of.former([...same, ...former, ...unknown]);
      expect([...found].sort((a, b) => former.indexOf(a) - former.indexOf(b))).toEqual(former);
      expect(reads).toEqual([11, 1]);
    },
  );

  it('are not told by a header that their record had before', async () => {
    const { origins: of } = origins([failed(20)], thisId);
    const copied = [[deadLetterHeaders.sourceTopicId, Buffer.from(formerId)]] as const;
    expect((await of.former([await letterOf(failed(20, { headers: copied }))])).size).toBe(0);
  });
});
