import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { columnsText, generatedSource, rowAvscText } from '../scripts/contract.ts';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const stale = 'is not what avro/user-record.avsc gives; run `npx nx run user-schema:generate`';

it('avro/user-row.avsc follows avro/user-record.avsc', () => {
  expect(read('avro/user-row.avsc'), stale).toBe(rowAvscText(read('avro/user-record.avsc')));
});

it('avro/user-row.columns.json follows avro/user-record.avsc', () => {
  expect(read('avro/user-row.columns.json'), stale).toBe(columnsText(read('avro/user-record.avsc')));
});

it('the generated types follow avro/user-record.avsc', () => {
  expect(read('src/user-record.generated.ts'), stale).toBe(generatedSource(read('avro/user-record.avsc')));
});

it('adding a nullable field to the message adds it to the row, to its columns and to both types', () => {
  const avsc = JSON.parse(read('avro/user-record.avsc')) as { fields: object[] };
  avsc.fields.push({ name: 'shoe_size', type: ['null', 'int'], default: null });
  const text = JSON.stringify(avsc);
  expect(rowAvscText(text)).toContain('"shoe_size"');
  expect(JSON.parse(columnsText(text))).toContainEqual({
    name: 'shoe_size',
    kind: 'int',
    cqlType: 'int',
    nullable: true,
    origin: 'message',
  });
  expect(generatedSource(text).match(/readonly shoe_size: number \| null;/g)).toHaveLength(2);
});

it('a field without a column is refused by its name', () => {
  const avsc = JSON.parse(read('avro/user-record.avsc')) as { fields: object[] };
  avsc.fields.push({ name: 'nicknames', type: { type: 'array', items: 'string' }, default: [] });
  expect(() => columnsText(JSON.stringify(avsc))).toThrow(
    'field nicknames: a list of string values has no column',
  );
});
