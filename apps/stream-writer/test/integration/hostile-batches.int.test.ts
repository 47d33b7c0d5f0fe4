import { createZstdCompress } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { deadLetterHeaders, lastHeader } from '@sluice/kafka-client';
import { sendBatch, snappyBlock } from '@sluice/kafka-client/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { message, userId } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

const MiB = 1024 * 1024;
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
/** The least limit. */
const limit = { MAX_DECOMPRESSED_BATCH_BYTES: String(16 * MiB) };

let users: WriterFixture;
beforeAll(async () => {
  users = await (await WriterFixture.create()).migrated();
});
afterAll(() => users.drop());

const good = (number: number, partition: number) => users.send([{ ...message(number), partition }]);

async function lettersOf(partition: number) {
  const all = (await users.letters()).map(({ code, record }) => ({
    code,
    key: record.key,
    header: (name: string) => String(lastHeader(record.headers, name)),
  }));
  return all.filter(({ header }) => header(deadLetterHeaders.sourcePartition) === String(partition));
}

test('a batch that cannot be read is one dead letter: accounted for as its records, and not redriven', async () => {
  await good(1, 0);
  const value = Buffer.alloc(6 * MiB, 'bomb ');
  await sendBatch({
    ...{ brokers, topic: users.topic, partition: 0, records: [{ value }, { value }, { value }] },
    ...{ compression: 'snappy', compress: snappyBlock },
  });
  await good(2, 0);
  const drained = await users.run('drain', limit);
  expect(drained.writer.summary, drained.writer.messages).toMatchObject({ written: 2, deadLettered: 1 });
  const [letter, ...others] = await lettersOf(0);
  expect([letter?.code, others]).toEqual(['batch-too-large', []]);
  const { sourceOffset } = deadLetterHeaders;
  const range = [sourceOffset, 'dlq.source.last.offset', 'dlq.source.count'];
  expect(range.map((name) => letter?.header(name))).toEqual(['1', '3', '3']);

  // by its default limit it can read the three
  const audited = await users.run('audit', {}, ['--json']);
  expect(audited.writer.summary).toMatchObject({ ok: true, records: 5, damages: { unaccounted: 0 } });
  const redriven = await users.run('redrive', limit, ['--json']);
  expect(redriven.code).toBe(0);
  expect(redriven.writer.summary).toMatchObject({ read: 1, sent: 0, skipped: { incomplete: 1 } });
  expect(await users.produced()).toBe(5);
}, 120_000);

test('a value of 600 MB in 19 kB is a dead letter, in bounded memory, and what is after it is written', async () => {
  const { key } = message(9);
  const bomb = await zstdOf(recordOf(key as Buffer, 600 * MiB));
  expect(bomb.length).toBeLessThan(20_000);
  await good(11, 1);
  await sendBatch({
    ...{ brokers, topic: users.topic, partition: 1, records: [{ value: null }] },
    ...{ compression: 'zstd', compress: () => bomb },
  });
  await good(12, 1);
  const writer = users.start('serve');
  await vi.waitFor(async () => expect(await users.totalLag()).toBe(0), { timeout: 90_000 });
  expect(writer.peakMemory).toBeLessThan(400);
  writer.kill('SIGTERM');
  expect(await writer.ended).toBe(0);
  expect((await users.rows('uuid')).map(({ uuid }) => String(uuid))).toEqual(
    expect.arrayContaining([userId(11), userId(12)]),
  );
  const [letter, ...others] = await lettersOf(1);
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ code: 'record-too-large', key });
  expect(letter?.header('dlq.value.length')).toBe(String(600 * MiB));
}, 120_000);

/** The parts of a record in the format of a batch, its value of zeros (Kafka protocol, "Record"). */
function* recordOf(key: Buffer, valueBytes: number): Generator<Buffer> {
  const attributesAndDeltas = Buffer.from([0, 0, 0]);
  const head = Buffer.concat([attributesAndDeltas, varint(key.length), key, varint(valueBytes)]);
  const noHeaders = varint(0);
  yield Buffer.concat([varint(head.length + valueBytes + noHeaders.length), head]);
  const zeros = Buffer.alloc(MiB);
  for (let left = valueBytes; left > 0; left -= zeros.length) yield zeros.subarray(0, left);
  yield noHeaders;
}

/** Of a number that is not negative, in zigzag. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  return Buffer.from([...bytes, rest]);
}

function zstdOf(parts: Iterable<Buffer>): Promise<Buffer> {
  return buffer(Readable.from(parts).pipe(createZstdCompress()));
}
