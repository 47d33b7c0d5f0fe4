import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const source = read('../src/errors.ts');
const codes = [
  ...(source.split('export type KafkaErrorCode =')[1]?.split(';')[0] ?? '').matchAll(/'([a-z-]+)'/g),
]
  .map(([, code]) => code)
  .sort();
const section = read('../../../docs/errors.md').split('## What Kafka answers')[1]?.split('\n## ')[0] ?? '';

it.each([
  ['docs/errors.md', section],
  ['README.md', read('../README.md').split('## Errors')[1]?.split('\n## ')[0] ?? ''],
  ['the comment of KafkaErrorCode', source.split('*/')[0]?.replaceAll(/^ \* /gm, '') ?? ''],
])('%s lists every code, and no other', (_what, text) => {
  expect([...text.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code]) => code).sort()).toEqual(codes);
});
