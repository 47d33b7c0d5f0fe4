// nx run user-schema:generate: brings everything that follows from avro/user-record.avsc up to date with it.
import { readFileSync, writeFileSync } from 'node:fs';
import { columnsText, generatedSource, rowAvscText } from './contract.ts';

const project = new URL('../', import.meta.url);
const recordText = readFileSync(new URL('avro/user-record.avsc', project), 'utf8');

for (const [path, text] of [
  ['avro/user-row.avsc', rowAvscText(recordText)],
  ['avro/user-row.columns.json', columnsText(recordText)],
  ['src/user-record.generated.ts', generatedSource(recordText)],
] as const) {
  writeFileSync(new URL(path, project), text);
  console.log(`wrote ${path}`);
}
