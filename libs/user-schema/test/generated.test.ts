import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedSource, rowAvscText } from '../scripts/contract.ts';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const stale = 'is not what avro/user-record.avsc gives; run `npx nx run user-schema:generate`';

it('avro/user-row.avsc follows avro/user-record.avsc', () => {
  expect(read('avro/user-row.avsc'), stale).toBe(rowAvscText(read('avro/user-record.avsc')));
});

it('the generated types follow avro/user-record.avsc', () => {
  expect(read('src/user-record.generated.ts'), stale).toBe(generatedSource(read('avro/user-record.avsc')));
});

it('adding a nullable field to the message adds it to the row and to both types', () => {
  const avsc = JSON.parse(read('avro/user-record.avsc')) as { fields: object[] };
  avsc.fields.push({ name: 'shoe_size', type: ['null', 'int'], default: null });
  const text = JSON.stringify(avsc);
  expect(rowAvscText(text)).toContain('"shoe_size"');
  expect(generatedSource(text).match(/readonly shoe_size: number \| null;/g)).toHaveLength(2);
});
