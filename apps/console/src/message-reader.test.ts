import type { ConsumedRecord } from '@sluice/kafka-client';
import { expect, test } from 'vitest';
import { MessageReader } from './message-reader.ts';

const reader = new MessageReader(undefined);
const masked = { reveal: false, full: false };
const revealed = { reveal: true, full: false };

function record(value: Buffer | string | null, headers: ConsumedRecord['headers'] = []): ConsumedRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return { topic: 't', partition: 0, offset: 7, timestamp: 5, key: Buffer.from('k'), value: bytes, headers };
}

async function valueOf(value: Buffer | string | null, options = masked) {
  return (await reader.read(record(value), options)).message.value;
}

test('what cannot be decoded is shown as hex with the reason, and not more than its beginning', async () => {
  const bytes = Buffer.alloc(40, 0xff);
  expect(await valueOf(bytes)).toMatchObject({
    format: 'binary',
    text: Array(16).fill('ff').join(' '),
    masked: true,
    bytes: 40,
  });
  expect((await valueOf(bytes, revealed)).text).toHaveLength(40 * 3 - 1);
  const json = await valueOf('{"email": "a@b"');
  expect(json).toMatchObject({ format: 'binary', undecodable: 'not JSON' });
  expect(json.text).toBe(
    Buffer.from('{"email": "a@b"')
      .toString('hex')
      .replace(/..(?=.)/g, '$& '),
  );
  expect(await valueOf('{"email": "a@b"', revealed)).toMatchObject({
    format: 'text',
    text: '{"email": "a@b"',
  });
});

test('a bare text may be personal', async () => {
  expect((await valueOf('"a name that is longer than sixteen bytes"')).masked).toBe(true);
});

test('says that something is masked only where it is', async () => {
  expect(await valueOf('{"age": 5}')).toMatchObject({
    format: 'json',
    masked: false,
    text: '{\n  "age": 5\n}',
  });
  expect(await valueOf('{"email": "x"}')).toMatchObject({ masked: true, text: '{\n  "email": "•••"\n}' });
  expect(await valueOf('{"email": "x"}', revealed)).toMatchObject({ masked: false });
});

test('a message with a schema and no registry says so', async () => {
  const value = await valueOf(Buffer.from([0, 0, 0, 0, 1, 9]));
  expect(value).toMatchObject({
    format: 'binary',
    undecodable: 'it names a schema, and no registry is configured',
  });
});

test('nothing is nothing, and headers may repeat and be null', async () => {
  const { message } = await reader.read(
    record(null, [
      ['h', Buffer.from('1')],
      ['h', null],
    ]),
    masked,
  );
  expect(message.value).toMatchObject({ format: 'null', bytes: 0 });
  expect(message.headers.map(({ value }) => value.format)).toEqual(['text', 'null']);
});

test('a large value waits until it is asked for', async () => {
  const large = JSON.stringify({ note: 'x'.repeat(300_000) });
  expect(await valueOf(large)).toMatchObject({ format: 'json', text: '', cut: true, bytes: large.length });
  const full = await valueOf(large, { reveal: false, full: true });
  expect(full).toMatchObject({ cut: false });
  expect(JSON.parse(full.text)).toEqual(JSON.parse(large));
});

test('a cut is not made within a character', async () => {
  const value = await valueOf(JSON.stringify({ note: `${'x'.repeat(16 * 1024 - 14)}😀😀` }));
  expect(value.cut).toBe(true);
  expect(Buffer.from(value.text).toString()).toBe(value.text);
});

test('text is found as it is shown, whatever its case', async () => {
  const read = await reader.read(
    record('{"email": "a@b", "state": "Bern"}', [['h', Buffer.from('Trace-1')]]),
    masked,
  );
  expect(['bern', 'K', 'trace'].map((text) => read.shows(text))).toEqual([true, true, true]);
  expect(read.shows('a@b')).toBe(false);
});
