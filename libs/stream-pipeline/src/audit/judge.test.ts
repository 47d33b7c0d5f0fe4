import { describe, expect, it, test } from 'vitest';
import { type Circumstances, judge, type RowState } from './judge.ts';
import type { FoldedVersion } from './version-table.ts';

const usual: Circumstances = {
  trimmed: false,
  goneUntil: -Infinity,
  unreadUntil: -Infinity,
  expires: false,
};

function upsert(writeTimestamp: number, digest = 1n): FoldedVersion {
  return { kind: 'upsert', writeTimestamp, order: 0, partition: 0, offset: 0, digest };
}

function deletion(writeTimestamp: number): FoldedVersion {
  return { ...upsert(writeTimestamp, 0n), kind: 'delete' };
}

function row(newest: number | null, digest = 1n, oldest = newest): RowState {
  return { digest, oldest, newest };
}

const right = { kind: 'right', ahead: false };
const damaged = (damage: string) => ({ kind: 'damaged', damage });
const unverifiable = (reason: string) => ({ kind: 'unverifiable', reason });

describe('of an upsert at 100', () => {
  test.each<[string, RowState | null, object]>([
    ['the row as written is right', row(100), right],
    ['a row of nulls alone is right by its values', row(null), right],
    ['the values at a later time are right, and ahead', row(200), { kind: 'right', ahead: true }],
    ['no row is missing', null, damaged('missing')],
    ['an older row is stale', row(50, 2n), damaged('stale')],
    ['an older row is stale though its values are the same', row(50), damaged('stale')],
    ['one cell of the right value from an older write is stale', row(100, 1n, 50), damaged('stale')],
    ['other values of its own time are altered', row(100, 2n), damaged('altered')],
    ['other values of a later time are altered', row(200, 2n), damaged('altered')],
    ['other values that are all null are altered', row(null, 2n), damaged('altered')],
    ['an older cell beneath other values of a later time is altered', row(200, 2n, 50), damaged('altered')],
  ])('%s', (_, found, verdict) => {
    expect(judge(upsert(100), found, usual)).toEqual(verdict);
  });
});

describe('of a delete at 100', () => {
  test.each<[string, RowState | null, object]>([
    ['no row is right', null, right],
    ['an older row is undeleted', row(50), damaged('undeleted')],
    ['a later row is undeleted', row(200), damaged('undeleted')],
  ])('%s', (_, found, verdict) => {
    expect(judge(deletion(100), found, usual)).toEqual(verdict);
  });
});

describe('of no record', () => {
  it('is orphaned in a topic that has all its records', () => {
    expect(judge(undefined, row(100), usual)).toEqual(damaged('orphaned'));
  });

  it('cannot be told where retention may have eaten the record', () => {
    expect(judge(undefined, row(100), { ...usual, trimmed: true })).toEqual(unverifiable('retention'));
  });
});

describe('where records are gone', () => {
  const gone = { ...usual, trimmed: true, goneUntil: 300 };

  it('a row from before then may come of one that was newer', () => {
    expect(judge(upsert(100), row(200, 2n), gone)).toEqual(unverifiable('retention'));
    expect(judge(deletion(100), row(300), gone)).toEqual(unverifiable('retention'));
  });

  it('a later row does not', () => {
    expect(judge(upsert(100), row(301, 2n), gone)).toEqual(damaged('altered'));
    expect(judge(deletion(100), row(301), gone)).toEqual(damaged('undeleted'));
  });

  it('a row that is older than a record that is there is stale all the same', () => {
    expect(judge(upsert(100), row(50, 2n), gone)).toEqual(damaged('stale'));
  });
});

it('does not miss a row that may have expired', () => {
  expect(judge(upsert(100), null, { ...usual, expires: true })).toEqual(unverifiable('ttl'));
  expect(judge(upsert(100), row(50), { ...usual, expires: true })).toEqual(damaged('stale'));
});

describe('where records up to 500 could not be read', () => {
  const unread = { ...usual, unreadUntil: 500 };

  it('a row that is missing, later than its record, or without one cannot be told', () => {
    expect(judge(upsert(100), null, unread)).toEqual(unverifiable('unreadable'));
    expect(judge(upsert(100), row(200, 2n), unread)).toEqual(unverifiable('unreadable'));
    expect(judge(deletion(100), row(200), unread)).toEqual(unverifiable('unreadable'));
    expect(judge(undefined, row(500), unread)).toEqual(unverifiable('unreadable'));
  });

  it('a row is judged by a record that is later, and one that is older than its record is stale', () => {
    expect(judge(upsert(501), null, unread)).toEqual(damaged('missing'));
    expect(judge(upsert(501), row(600, 2n), unread)).toEqual(damaged('altered'));
    expect(judge(undefined, row(501), unread)).toEqual(damaged('orphaned'));
    expect(judge(upsert(100), row(50), unread)).toEqual(damaged('stale'));
  });
});
