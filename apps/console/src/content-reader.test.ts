import { expect, test } from 'vitest';
import { type ContentLimits, readContent } from './content-reader.ts';
import { contentSchema } from './content-schema.ts';

const limits: ContentLimits = { inputBytes: 1_000_000, textBytes: 16_384, values: 100_000, ms: 5_000 };
const personal = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' }, personal: false },
    { name: 'total', type: ['null', 'long'], personal: false, aliases: ['sum'] },
    { name: 'firstName', type: 'string' },
    { name: 'tags', type: { type: 'array', items: 'string' }, personal: false },
    { name: 'labels', type: { type: 'map', values: 'string' } },
    {
      name: 'lines',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: [
            { name: 'sku', type: 'string', personal: false },
            { name: 'note', type: 'string' },
          ],
        },
      },
      personal: false,
    },
  ],
};
const schema = contentSchema(personal);
const id = '7a0eed16-9430-4d68-901f-c0d4c1c3bf00';

const json = (text: string, options: object = {}) =>
  readContent(Buffer.from(text), { limits, reveal: false, json: schema, ...options });
const avro = (hex: string, avsc: unknown, options: object = {}) =>
  readContent(Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), Buffer.from(hex, 'hex')]), {
    limits,
    reveal: true,
    avro: contentSchema(avsc),
    ...options,
  });

test('numbers keep their digits, and data is indented as JSON.stringify does', () => {
  for (const text of ['12345678901234567890', '1.10', '-0.0', '1e400', '[\n  9007199254740993\n]'])
    expect(json(text, { reveal: true }).text).toBe(text);
  const data = { a: [], b: {}, c: [1, { d: 'x"<script>' }], e: null, f: true, ['__proto__']: 'é😀' };
  const shown = json(JSON.stringify(data), { reveal: true });
  expect(shown.text).toBe(JSON.stringify(data, undefined, 2));
  expect(shown).toMatchObject({ format: 'json', masked: false, cut: false, undecodable: null });
});

test('a field is masked unless its schema says that it is not personal, at any depth', () => {
  const value = {
    ...{ id, sum: 7, firstName: 'Ada', tags: ['a'], labels: { 'ada@example.com': 'x' } },
    lines: [{ sku: 'A1', note: 'for Ada', Ada: 1 }],
    EMAIL: ['ada@example.com'],
    unknown: null,
  };
  const { text, masked } = json(JSON.stringify(value));
  expect(masked).toBe(true);
  expect(text).toBe(
    `{
  "id": "${id}",
  "sum": 7,
  "firstName": "•••",
  "tags": [
    "a"
  ],
  "labels": "•••",
  "lines": [
    {
      "sku": "A1",
      "note": "•••",
      "•••": "•••"
    }
  ],
  "•••": "•••",
  "•••": null
}`,
  );
});

test('what stands in the place of a public field is masked unless it is of its type', () => {
  for (const value of ['ada@example.com', { email: 'ada@example.com' }, ['ada@example.com'], true])
    expect(json(JSON.stringify({ id: value })).text).toBe('{\n  "id": "•••"\n}');
  expect(json('{"total": "Ada"}').text).toBe('{\n  "total": "•••"\n}');
  expect(json('{"total": "42"}').text).toBe('{\n  "total": "42"\n}');
});

test('what has no schema is masked as a whole', () => {
  for (const text of ['{"age": 5}', '["a"]', '"a name"', '7'])
    expect(json(text, { json: undefined })).toMatchObject({ format: 'json', text: '"•••"', masked: true });
  for (const text of ['ada@example.com', '{"email": "a@b"', ''])
    expect(json(text)).toMatchObject({ format: 'binary', text: '•••', masked: true });
  expect(json('{"email": "a@b"', { reveal: true })).toMatchObject({
    format: 'text',
    text: '{"email": "a@b"',
    undecodable: 'not JSON that the writers read (bad-json)',
  });
});

test('Avro is masked by the schema that it names', () => {
  const avsc = {
    type: 'record',
    name: 'A',
    namespace: 'x',
    fields: [
      { name: 'n', type: 'long', personal: false },
      { name: 'email', type: ['null', 'string'] },
      { name: 'next', type: ['null', 'A'], personal: false },
      { name: 'data', type: { type: 'map', values: 'bytes' } },
    ],
  };
  // n = 9007199254740993, email = "a", next = { n: 1, email: null, next: null, data: {} }, data = { "k": 0xff }
  const hex =
    '8280808080808020' + '020261' + '02' + '02' + '00' + '00' + '00' + '02' + '026b' + '02ff' + '00';
  expect(avro(hex, avsc, { reveal: false })).toMatchObject({
    format: 'avro',
    schemaId: 9,
    masked: true,
    text: `{
  "n": 9007199254740993,
  "email": "•••",
  "next": {
    "n": 1,
    "email": null,
    "next": null,
    "data": "•••"
  },
  "data": "•••"
}`,
  });
  expect(JSON.parse(avro(hex, avsc).text)).toMatchObject({ email: 'a', data: { k: 'ff' } });
  expect(avro('02', ['null', 'boolean'], { reveal: false })).toMatchObject({ format: 'binary', text: '•••' });
  expect(avro('0202', ['null', 'int'], { reveal: false }).text).toBe('"•••"');
  expect(avro('02', { type: 'int', personal: false }, { reveal: false }).text).toBe('1');
});

test('nested brackets with many items cost no more than their budget', () => {
  const items = Array.from({ length: 60_000 }, () => '1').join(',');
  const deep = `${'['.repeat(64)}${items}${']'.repeat(64)}`;
  const { text, cut } = json(deep, { reveal: true });
  expect(cut).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limits.textBytes);
  const deeper = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
  for (const reveal of [true, false]) {
    const shown = json(deeper, { reveal });
    expect(shown.undecodable).toBe('nested more than 64 levels deep');
    expect(shown.text.length).toBeLessThanOrEqual(limits.textBytes);
  }
});

test('a few bytes of Avro that announce values without end are cut', () => {
  const nulls = { type: 'array', items: 'null' };
  const empty = { type: 'array', items: { type: 'record', name: 'E', fields: [] } };
  const [fiveMillion, most] = ['80ade20400', 'feffffffffffffffff0100'] as const;
  for (const count of [fiveMillion, most])
    for (const avsc of [nulls, empty])
      for (const reveal of [true, false]) {
        const shown = avro(count, avsc, { reveal, limits: { ...limits, ms: Infinity } });
        expect(shown.cut).toBe(true);
        expect(Buffer.byteLength(shown.text)).toBeLessThanOrEqual(limits.textBytes);
      }
  const itself = { type: 'record', name: 'R', fields: [{ name: 'r', type: 'R' }] };
  expect(avro('', itself).undecodable).toBe('nested more than 64 levels deep');
});

test('time is a budget, too', () => {
  let clock = 0;
  const text = `[${Array.from({ length: 50_000 }, (_, at) => at).join(',')}]`;
  const shown = json(text, {
    reveal: true,
    limits: { ...limits, textBytes: 10_000_000, ms: 100 },
    now: () => (clock += 60),
  });
  expect(shown.cut).toBe(true);
  expect(shown.text.length).toBeLessThan(200_000);
});

test('a cut is not made within a character', () => {
  for (const more of [0, 1, 2, 3]) {
    const text = `"${'x'.repeat(limits.textBytes - 5 + more)}😀😀"`;
    for (const shown of [json(text, { reveal: true }), json(text.slice(1), { reveal: true })]) {
      expect(shown.cut).toBe(true);
      expect(shown.text).not.toContain('\ufffd');
      expect(Buffer.from(shown.text).toString()).toBe(shown.text);
    }
  }
});
