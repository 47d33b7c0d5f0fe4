import type { ConsumedRecord } from '@sluice/kafka-client';
import { userRecordSchema } from '@sluice/user-schema';
import { expect, test } from 'vitest';
import { MessageReader, type ReadingOptions } from './message-reader.ts';

const reader = new MessageReader({
  registry: undefined,
  contract: { topics: ['users', 'dlq'], deadLetterTopic: 'dlq', avsc: userRecordSchema.avsc, key: 'uuid' },
});
const masked: ReadingOptions = { reveal: false, size: 'one' };
const revealed: ReadingOptions = { reveal: true, size: 'one' };
const uuid = '7a0eed16-9430-4d68-901f-c0d4c1c3bf00';

interface Parts {
  readonly topic?: string;
  readonly key?: Buffer | string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
}

function record(
  value: Buffer | string | null,
  { topic = 'users', key = uuid, headers = [] }: Parts = {},
): ConsumedRecord {
  const bytesOf = (given: Buffer | string | null) => (typeof given === 'string' ? Buffer.from(given) : given);
  return {
    topic,
    partition: 0,
    offset: 7,
    timestamp: 5,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(([name, text]) => [name, bytesOf(text)]),
  };
}

test('a record of the pipeline shows its uuid alone, until it is revealed', async () => {
  const value = `{"uuid": "${uuid}", "email": "a@b", "nationality": "CH", "age": 5}`;
  const { key, value: shown } = await reader.read(record(value), masked);
  expect(JSON.parse(shown.text)).toEqual({ uuid, email: '•••', nationality: '•••', age: '•••' });
  expect(shown.masked).toBe(true);
  expect(key).toMatchObject({ text: uuid, masked: false });
  const open = await reader.read(record(value), revealed);
  expect(open.value).toMatchObject({ masked: false });
  expect(open.value.text).toContain('"email": "a@b"');
});

test('keys, headers and values of other topics are masked, and so is a key that is no uuid', async () => {
  const headers = [
    ['trace', 'ada@example.com'],
    ['dlq.error.code', 'Ada Lovelace, ada@example.com'],
    ['dlq.error.message', 'ada@example.com'],
    ['dlq.source.offset', '42'],
    ['sluice.write-timestamp', '1795000000000000'],
    ['h', null],
  ] as const;
  const other = await reader.read(record(`{"uuid": "${uuid}"}`, { topic: 'other', headers }), masked);
  expect(other.key).toMatchObject({ text: '•••', masked: true });
  expect(other.value).toMatchObject({ text: '"•••"', masked: true });
  expect(other.headers.map(({ value }) => value.text)).toEqual([
    ...['•••', '•••', '•••', '42', '1795000000000000', ''],
  ]);
  for (const key of ['ada@example.com', '', Buffer.from([0xff])])
    expect((await reader.read(record('{}', { key }), masked)).key.text).toBe('•••');
  const open = await reader.read(record('{}', { topic: 'other', key: 'ada', headers }), revealed);
  expect(open.key.text).toBe('ada');
  expect(open.headers[0]!.value.text).toBe('ada@example.com');
});

test("a dead letter shows the pipeline's own error message, and not one that its record had before", async () => {
  const headers = [
    ['dlq.error.message', 'ada@example.com'],
    ['dlq.error.message', 'age: not a number'],
  ] as const;
  const { headers: shown } = await reader.read(record('{}', { topic: 'dlq', headers }), masked);
  expect(shown.map(({ value }) => value.text)).toEqual(['•••', 'age: not a number']);
});

test('a message with a schema and no registry says so', async () => {
  const { value } = await reader.read(record(Buffer.from([0, 0, 0, 0, 1, 9])), masked);
  expect(value).toMatchObject({
    format: 'binary',
    text: '•••',
    schemaId: 1,
    undecodable: 'it names a schema, and no registry is configured',
  });
});

test('nothing is nothing, and bytes are hex where they may be seen', async () => {
  const { value } = await reader.read(record(null, { key: null }), masked);
  expect(value).toMatchObject({ format: 'null', bytes: 0 });
  const open = await reader.read(record(Buffer.from([0xff, 0xfe, 1])), revealed);
  expect(open.value).toMatchObject({ format: 'binary', text: 'ff fe 01', bytes: 3 });
});

test('a large value waits until it is asked for', async () => {
  const large = JSON.stringify({ note: 'x'.repeat(300_000) });
  const first = await reader.read(record(large), revealed);
  expect(first.value).toMatchObject({ format: 'json', text: '', cut: true, bytes: large.length });
  const full = await reader.read(record(large), { reveal: true, size: 'full' });
  expect(full.value).toMatchObject({ cut: false });
  expect(JSON.parse(full.value.text)).toEqual(JSON.parse(large));
});

test('a message in a list is short, whatever its key, value and headers are', async () => {
  const long = 'x'.repeat(900_000);
  const header = long.slice(0, 1_000);
  const headers = Array.from({ length: 5_000 }, (_, at) => [`${at}${header}`, header] as const);
  const hostile = record(`["${'y'.repeat(100_000)}"]`, { key: long, headers });
  const message = await reader.read(hostile, { reveal: true, size: 'list' });
  expect(JSON.stringify(message).length).toBeLessThan(8_000);
  expect(message).toMatchObject({ headersLeftOut: 4_990, key: { cut: true, bytes: 900_000 } });
  const alone = await reader.read(hostile, { reveal: true, size: 'full' });
  expect(JSON.stringify(alone).length).toBeLessThan(16 * 1024 * 1024);
});

test('text is found as it may be seen, whatever its case', async () => {
  const found = record(`{"uuid": "${uuid}", "state": "Bern"}`, { headers: [['h', 'Trace-1']] });
  const shows = (text: string, reveal: boolean) => reader.shows(found, text, { reveal });
  expect(await shows(uuid.toUpperCase(), false)).toBe(true);
  for (const text of ['bern', 'trace', '"State": "B']) {
    expect(await shows(text, false)).toBe(false);
    expect(await shows(text, true)).toBe(true);
  }
});
