import { expect, it } from 'vitest';
import { type CommitMetadata, commitMetadata, readCommitMetadata } from './commit-metadata.ts';

const topicId = 'FIbgPJ2dRkupAjfTlu1Z-_';

it.each<[string, CommitMetadata]>([
  ['1700000000123;FIbgPJ2dRkupAjfTlu1Z-_', { lastTimestamp: 1_700_000_000_123, topicId }],
  [';FIbgPJ2dRkupAjfTlu1Z-_', { topicId }],
  ['1700000000123', { lastTimestamp: 1_700_000_000_123 }],
  ['', {}],
])('a commit carries timestamp and topic id, each where it is known: %j', (text, metadata) => {
  expect(commitMetadata(metadata.lastTimestamp, metadata.topicId)).toBe(text);
  expect(readCommitMetadata(text)).toEqual(metadata);
});

it.each([null, 'of another client', '12;short', '-5', '1700000000123;FIbgPJ2dRkupAjfTlu1Z-_;more'])(
  'of what another client committed nothing is read: %j',
  (text) => {
    expect(readCommitMetadata(text)).toEqual({});
  },
);
