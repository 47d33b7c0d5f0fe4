import {
  type ConsumedRecord,
  deadLetterHeaders,
  type RecordHeaders,
  sluiceHeaders,
} from '@sluice/kafka-client';
import { parseSchema } from '@sluice/record-schema';
import { describe, expect, it } from 'vitest';
import { asConsumed, letterOf } from '../../test/letters.ts';
import { recordDecoder } from '../record-decoder.ts';
import { readLetter, recordToSend, writeTimestampOf } from './letter.ts';

const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
const then = 1_700_000_000_123;
const now = then + 86_400_000;
const header = (name: string, value: string | number) => [name, Buffer.from(String(value))] as const;

function record(overrides: Partial<ConsumedRecord> = {}): ConsumedRecord {
  return {
    topic: 'items',
    partition: 3,
    offset: 12_345,
    timestamp: then,
    key: Buffer.from(id),
    value: Buffer.from(JSON.stringify({ id })),
    headers: [],
    ...overrides,
  };
}

/** What comes back to the topic of a record that became a letter. */
async function redriven(original: ConsumedRecord, offset = 99_999): Promise<ConsumedRecord> {
  const sent = recordToSend(readLetter(await letterOf(original))!, now);
  expect(sent.partition).toBe(original.partition);
  return asConsumed(sent, { topic: 'items', partition: 3, offset, timestamp: sent.timestamp! });
}

const ours: RecordHeaders = [
  header(sluiceHeaders.writeTimestamp, then * 1000 + 345),
  header(sluiceHeaders.eventTime, then),
  header(sluiceHeaders.sourceOffset, 12_345),
];

describe('a record that is sent back', () => {
  it('has key, value and headers as they were, in their order, and says what it was at first', async () => {
    const headers: RecordHeaders = [
      ['trace', Buffer.from([0, 255])],
      ['empty', null],
      ['trace', Buffer.alloc(0)],
      header(deadLetterHeaders.errorCode, 'of another pipeline'),
      header('dlq.note', 'copied by hand'),
    ];
    const original = record({ headers, value: Buffer.from([0xff, 0x00]) });
    const back = await redriven(original);
    expect(back).toMatchObject({ key: original.key, value: original.value, timestamp: now });
    expect(back.headers).toEqual([...headers, ...ours, header(sluiceHeaders.redriveCount, 1)]);
  });

  it('keeps the write timestamp of its header, and a null value or key', async () => {
    const headers = [header(sluiceHeaders.writeTimestamp, 42)];
    const back = await redriven(record({ headers, key: null, value: null }));
    expect(back).toMatchObject({ key: null, value: null });
    expect(back.headers).toEqual([...headers, ...ours.slice(1), header(sluiceHeaders.redriveCount, 1)]);
  });

  it('says the same after each further redrive, with a higher count', async () => {
    const second = await redriven(await redriven(await redriven(record(), 20_000), 30_001), 40_002);
    expect(second.headers).toEqual([...ours, header(sluiceHeaders.redriveCount, 3)]);
  });

  it('keeps headers of ours that cannot be read: what was refused for them is refused again', async () => {
    const headers = [header(sluiceHeaders.writeTimestamp, 'soon'), header(sluiceHeaders.redriveCount, 'x')];
    const back = await redriven(record({ headers }));
    expect(back.headers).toEqual([headers[0], ...ours.slice(1), header(sluiceHeaders.redriveCount, 1)]);
  });

  it('is to a decoder the same version, from the same place, as it was', async () => {
    const schema = parseSchema({
      type: 'record',
      name: 'Item',
      fields: [{ name: 'id', type: { type: 'string', logicalType: 'uuid' } }],
    });
    const decoder = recordDecoder<{ id: string }, { id: string; origin: string }>(schema, {
      key: 'id',
      now: () => now,
      transform: (item, { partition, offset, timestamp }) => ({
        ...item,
        origin: `${partition} ${offset} ${timestamp}`,
      }),
    });
    expect(decoder.decode(await redriven(record()))).toEqual(decoder.decode(record()));
  });
});

describe('a letter', () => {
  it('is none without its headers', () => {
    expect(readLetter(record())).toBeUndefined();
    const named = [
      header(deadLetterHeaders.stage, 'decode'),
      header(deadLetterHeaders.errorCode, 'bad-json'),
    ];
    expect(readLetter(record({ headers: named }))).toBeUndefined();
  });

  it('has no write timestamp where its record had neither header nor timestamp', async () => {
    expect(writeTimestampOf(readLetter(await letterOf(record({ timestamp: -1 })))!)).toBeUndefined();
  });

  it('of a record that was never in a topic has no source', async () => {
    const letter = readLetter(await letterOf(record({ partition: -1, offset: -1 }), { stage: 'source' }));
    expect(letter).toMatchObject({ stage: 'source', source: undefined });
  });
});
